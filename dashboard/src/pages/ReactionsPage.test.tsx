// The review of reactions: keys say a word at once, a refusal brings it back, and whose word holds.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Reacted, ReactionSummary } from '../lib/reactions'
import { opinion, reacted, reactionSummary } from '../testing/reactions'
import { HOSTILE } from '../testing/turns'
import { ReactionsPage } from './ReactionsPage'

let queue: Reacted[]
let total: number | null
let summary: ReactionSummary
let held: Promise<unknown> | null
let heldList: Promise<unknown> | null
let refusal: { status: number; detail: string } | null
const said: [string, unknown][] = []
const asked: URL[] = []

beforeEach(() => {
  said.length = 0
  asked.length = 0
  refusal = null
  total = null
  held = null
  heldList = null
  summary = reactionSummary()
  queue = ['❤️', '👍', '😢'].map((emoji, i) => reacted({ id: `r_${i}`, emoji }))
  window.history.replaceState(null, '', '/reactions')
  vi.stubGlobal('fetch', async (text: string, init?: RequestInit) => {
    const url = new URL(text, 'http://here')
    const [, id] = /^\/v1\/reactions\/(.+)\/review$/.exec(url.pathname) ?? []
    if (id) {
      said.push([id, JSON.parse(String(init?.body))])
      const answer = refusal
      await held
      if (answer) return Response.json(answer, { status: answer.status })
      const one = queue.find((each) => each.id === id) ?? reacted({ id })
      const { meaning = null } = JSON.parse(String(init?.body)) as Partial<Reacted>
      queue = queue.filter((each) => each.id !== id)
      const word = { meaning, by: 'dashboard', at: one.at }
      return Response.json({ ...one, state: 'reviewed', by: 'person', meaning, review: word })
    }
    asked.push(url)
    if (url.pathname === '/v1/reactions/summary') return Response.json(summary)
    if (url.pathname === '/v1/reactions') {
      await heldList
      return Response.json({ reactions: queue, total: total ?? queue.length })
    }
    return Response.json({ conversations: [], total: 0, facets: { bot: { luna: 3 } } })
  })
})

function show() {
  render(
    <QueryClientProvider
      client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}
    >
      <ReactionsPage />
    </QueryClientProvider>,
  )
}

/** A promise, and what keeps it. */
function later(): [Promise<void>, () => void] {
  let keep = () => {}
  const promise = new Promise<void>((resolve) => {
    keep = resolve
  })
  return [promise, () => keep()]
}

const emoji = () => screen.getByTestId('emoji').textContent
const press = (key: string, more = {}) => fireEvent.keyDown(document.body, { key, ...more })

async function review() {
  show()
  await screen.findByTestId('emoji')
}

describe('the review of reactions', () => {
  it('shows the reply with what was said around it, and that the model is unsure', async () => {
    await review()
    const lines = within(screen.getByRole('list', { name: 'What was said around it' }))
    expect(lines.getAllByRole('listitem').map((line) => line.textContent)).toEqual([
      'annwhy are there tides?',
      'somebody elsegood question',
      'lunareacted to with ❤️Tides follow the moon.',
      'Said later',
      'annnow I see it',
    ])
    expect(screen.getByTestId('holds').textContent).toBe('unsureperhaps rating 46 %')
    const told = screen.getByTestId('opinion').textContent
    expect(told).toContain('The model is unsure: 46 % for the likeliest')
    expect(told).toMatch(/Rating46 %Agreement30 %Emotional20 %Conversational4 %/)
    expect(told).toContain('may praise it or agree')
    expect(asked.find((url) => url.pathname === '/v1/reactions')?.search).toBe(
      '?needs_review=true&limit=50',
    )
  })

  it('says a word by key, goes on at once, and tells what is left', async () => {
    await review()
    press('2')
    expect(emoji()).toBe('👍')
    expect(screen.getByTestId('review').querySelector('[role=status]')?.textContent).toBe(
      '❤️: agreement. 2 left.',
    )
    press('Enter')
    press('s')
    await waitFor(() => expect(said).toHaveLength(3))
    expect(said).toEqual([
      ['r_0', { meaning: 'AGREEMENT', by: 'dashboard' }],
      ['r_1', { accept: true, by: 'dashboard' }],
      ['r_2', { skip: true, by: 'dashboard' }],
    ])
    const heading = screen.getByRole('heading', { name: 'Nothing needs review' })
    await waitFor(() => expect(document.activeElement).toBe(heading))
  })

  it('moves, and what is at hand stays so whatever comes before it', async () => {
    await review()
    press('j')
    expect(emoji()).toBe('👍')
    queue = [reacted({ id: 'r_new', emoji: '🤔' }), ...queue]
    press('j')
    press('1')
    await waitFor(() => expect(asked.filter((url) => url.search)).toHaveLength(2))
    expect(said[0]?.[0]).toBe('r_2')
    await screen.findByRole('button', { name: /^🤔/ })
    expect(emoji()).toBe('👍')
  })

  it('holding a key down, or writing in a field, says nothing', async () => {
    await review()
    press('1', { repeat: true })
    press('1', { ctrlKey: true })
    const button = screen.getByRole('button', { name: /Rating/ })
    fireEvent.keyDown(button, { key: 'Enter' })
    const field = document.body.appendChild(document.createElement('input'))
    fireEvent.keyDown(field, { key: '1' })
    field.remove()
    expect(emoji()).toBe('❤️')
    fireEvent.click(button)
    await waitFor(() => expect(said).toEqual([['r_0', { meaning: 'RATING', by: 'dashboard' }]]))
  })

  it('brings the last one back, whose word holds until another is said', async () => {
    await review()
    press('1')
    await waitFor(() => expect(asked.filter((url) => url.search)).toHaveLength(2))
    press('Backspace')
    expect(emoji()).toBe('❤️')
    expect(screen.getByTestId('holds').textContent).toBe('Ratingperson')
    expect(
      screen.getByText('❤️ is back. “rating” holds until you say something else.'),
    ).toBeTruthy()
    press('3')
    await waitFor(() => expect(said[1]).toEqual(['r_0', { meaning: 'EMOTIONAL', by: 'dashboard' }]))
    expect(emoji()).toBe('👍')
  })

  it('a word that is refused says why, and the reaction is back', async () => {
    refusal = { status: 503, detail: 'the journal cannot be written; free some disk' }
    await review()
    press('4')
    expect(emoji()).toBe('👍')
    const alert = await screen.findByRole('alert')
    expect(alert.textContent).toBe(
      'Your word on ❤️ was not taken: the journal cannot be written; free some disk',
    )
    expect(emoji()).toBe('❤️')
    expect(screen.getByRole('heading', { name: /1 of 3/ })).toBeTruthy()
    refusal = null
    press('4')
    await waitFor(() => expect(screen.queryByRole('alert')).toBeNull())
    expect(emoji()).toBe('👍')
  })

  it('one that was taken back meanwhile does not come back', async () => {
    await review()
    refusal = { status: 409, detail: 'it was taken back' }
    queue = queue.slice(1)
    press('4')
    expect((await screen.findByRole('alert')).textContent).toContain('it was taken back')
    expect(emoji()).toBe('👍')
    expect(screen.getByRole('heading', { name: /1 of 2/ })).toBeTruthy()
  })

  it('one that was taken back while its word was on its way does not come back either', async () => {
    const [answered, answer] = later()
    held = answered
    refusal = { status: 409, detail: 'it was taken back' }
    await review()
    press('4')
    press('u')
    expect(emoji()).toBe('❤️')
    await waitFor(() => expect(said).toHaveLength(1))
    queue = queue.slice(1)
    answer()
    await screen.findByRole('alert')
    expect(emoji()).toBe('👍')
    expect(screen.getByRole('heading', { name: /1 of 2/ })).toBeTruthy()
  })

  it('where the first word on it is refused, the one said since holds', async () => {
    const [answered, answer] = later()
    held = answered
    refusal = { status: 503, detail: 'away' }
    await review()
    press('1')
    press('u')
    press('3')
    expect(emoji()).toBe('👍')
    await waitFor(() => expect(said).toHaveLength(1))
    refusal = null
    answer()
    await waitFor(() => expect(said[1]).toEqual(['r_0', { meaning: 'EMOTIONAL', by: 'dashboard' }]))
    await screen.findByRole('heading', { name: /1 of 2/ })
    expect(emoji()).toBe('👍')
  })

  it('words do not wait for the list to be asked for anew', async () => {
    await review()
    const [listed, list] = later()
    heldList = listed
    press('1')
    press('2')
    await waitFor(() => expect(said).toHaveLength(2))
    list()
  })

  it('says that more need review where those at hand are through', async () => {
    total = 9
    await review()
    const [listed, list] = later()
    heldList = listed
    for (const key of ['1', '2', '3']) press(key)
    expect(screen.getByRole('heading', { name: '6 more' })).toBeTruthy()
    expect(screen.queryByText(/The model was sure of all/)).toBeNull()
    list()
    await waitFor(() => expect(said).toHaveLength(3))
  })

  it('nothing is accepted where the model leans to nothing', async () => {
    queue = [reacted({ verdict: opinion({ probabilities: {} }) })]
    await review()
    press('Enter')
    expect(screen.getByRole<HTMLButtonElement>('button', { name: /Accept/ }).disabled).toBe(true)
    expect(screen.getByText('It gives no probabilities.')).toBeTruthy()
    expect(said).toEqual([])
  })

  it('hostile texts are text', async () => {
    queue = [
      reacted({
        user: HOSTILE,
        reply: HOSTILE,
        before: [{ who: 'user', text: HOSTILE }],
        verdict: opinion({ reasoning: HOSTILE }),
      }),
    ]
    await review()
    expect(screen.getByTestId('reply').textContent).toContain(HOSTILE)
    expect(document.querySelector('img')).toBeNull()
  })

  it('tells how often people and model agree, with how few cases that rests on', async () => {
    await review()
    const part = within(await screen.findByRole('region', { name: 'People and model' }))
    expect(part.getByTestId('accuracy').textContent).toBe(
      '89 % agree: 8 of 9 where the model had said a meaning (95 % interval 56 % to 98 %)',
    )
    expect(part.getByText(/^Of 1 more it was unsure/)).toBeTruthy()
    const rows = part.getAllByRole('row').map((row) => row.textContent)
    expect(rows[1]).toBe('Rating5010')
    expect(rows[5]).toBe('unsure0100')
    expect(screen.getByRole('region', { name: 'Cost' }).textContent).toContain('calls avoided25')
    expect(screen.getByRole('region', { name: 'Backlog' }).textContent).toContain('need review3')
  })

  it('says what hinders the judging', async () => {
    const { cost } = summary
    summary = reactionSummary({ trouble: 'the model cannot be reached', cost })
    cost.capped = true
    await review()
    expect(await screen.findByText('the model cannot be reached')).toBeTruthy()
    expect(screen.getByText(/^Today’s cap is reached/)).toBeTruthy()
  })

  it('says what to send where there are none', async () => {
    summary = reactionSummary({ states: {}, waiting: 0 })
    show()
    const first = await screen.findByTestId('first-reaction')
    expect(first.querySelector('pre')?.textContent).toContain('"target":"turn-1"')
  })
})

describe('all reactions', () => {
  it('are found by what the address says', async () => {
    window.history.replaceState(
      null,
      '',
      '/reactions?tab=history&meaning=RATING&state=judged&user=ann&target=t2&offset=50',
    )
    show()
    await screen.findByRole('table')
    const url = asked.find((one) => one.pathname === '/v1/reactions')!
    expect(Object.fromEntries(url.searchParams)).toEqual({
      meaning: 'RATING',
      state: 'judged',
      user: 'ann',
      target: 't2',
      offset: '50',
      limit: '50',
    })
    fireEvent.change(screen.getByLabelText('Session'), { target: { value: 's1' } })
    expect(window.location.search).toContain('session=s1')
    expect(window.location.search).not.toContain('offset')
  })

  it('open where they stand, and take a person’s word', async () => {
    const judged = { state: 'judged', by: 'model', meaning: 'RATING' } as const
    queue = [
      reacted({ ...judged, verdict: opinion({ meaning: 'RATING', confidence: 0.91 }) }),
      reacted({ id: 'r_02', state: 'retracted', reply: null }),
    ]
    window.history.replaceState(null, '', '/reactions?tab=history')
    show()
    const row = await screen.findByRole('button', { name: /on: Tides/ })
    expect(row.closest('tr')?.textContent).toContain('Ratingmodel 91 %')
    fireEvent.click(row)
    expect(window.location.search).toContain('open=r_01')
    expect(row.getAttribute('aria-expanded')).toBe('true')
    await act(async () => fireEvent.click(screen.getByRole('button', { name: /Emotional/ })))
    expect(said).toEqual([['r_01', { meaning: 'EMOTIONAL', by: 'dashboard' }]])
  })

  it('one that was taken back takes no word', async () => {
    queue = [reacted({ state: 'retracted', reply: null })]
    window.history.replaceState(null, '', '/reactions?tab=history&open=r_01')
    show()
    expect(await screen.findByText(/there is nothing to say of it/)).toBeTruthy()
    expect(screen.queryByRole('button', { name: /Accept/ })).toBeNull()
  })
})
