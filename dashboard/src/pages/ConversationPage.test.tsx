// A conversation: what was said and what it felt like are coupled, and every value tells its source.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen, within } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Session } from '../lib/conversations'
import type { Reacted } from '../lib/reactions'
import { reacted } from '../testing/reactions'
import { T0 } from '../testing/samples'
import { conversation, HOSTILE, session, turn } from '../testing/turns'
import { ConversationPage } from './ConversationPage'

let pages: Record<string, Session>
let reactions: Reacted[]
let older: number
let reactionsAsked = ''
const asked: string[] = []

beforeEach(() => {
  asked.length = 0
  reactions = []
  older = 0
  pages = { '': session() }
  vi.stubGlobal('fetch', async (url: string) => {
    if (url.startsWith('/v1/reactions?')) {
      reactionsAsked = url
      return Response.json({ reactions, total: reactions.length + older })
    }
    asked.push(url)
    const before = new URL(url, 'http://here').searchParams.get('before') ?? ''
    const page = pages[before]
    return page
      ? Response.json(page)
      : Response.json({ detail: 'no conversation of that session is kept' }, { status: 404 })
  })
})

function show() {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ConversationPage session="luna/ann" />
    </QueryClientProvider>,
  )
  return screen.findByTestId('lanes')
}

const lane = (name: string) => within(screen.getByRole('region', { name }))
const rows = () => [...document.querySelectorAll<HTMLElement>('[data-turn]')]

describe('ConversationPage', () => {
  it('shows what was said, oldest first, with what was felt', async () => {
    await show()
    expect(asked[0]).toBe('/v1/conversations/luna%2Fann?limit=200')
    expect(rows().map((row) => row.textContent?.match(/message \d/)?.[0])).toEqual([
      'message 0',
      'message 1',
      'message 2',
      'message 3',
    ])
    expect(rows()[1]?.textContent).toContain('sadness')
  })

  it('couples lanes, transcript and values', async () => {
    const lanes = await show()
    expect(screen.getByTestId('at').textContent).toContain('Means of 4 turns')
    expect(lane('Quality').getByText('55')).toBeTruthy()
    fireEvent.pointerEnter(rows()[2]!, { pointerType: 'mouse' })
    expect(screen.getByTestId('at').textContent).toMatch(/^Turn 3 of 4, /)
    expect(lane('Quality').getByText('engagement').nextSibling?.textContent).toBe('60')
    expect(screen.getByTestId('turn-values').textContent).toContain('Turn 3')
    // Four turns share 800 pixels: the third begins at 400.
    expect(screen.getByTestId('cursor').style.transform).toBe('translateX(500px)')

    fireEvent.pointerMove(lanes, { pointerType: 'mouse', clientX: 130 })
    expect(rows().map((row) => row.dataset['here'])).toEqual(['true', 'false', 'false', 'false'])
    fireEvent.pointerLeave(lanes)
    expect(screen.queryByTestId('cursor')).toBeNull()
  })

  it('is walked through from the keyboard, and the address holds the turn', async () => {
    const lanes = await show()
    fireEvent.keyDown(lanes, { key: 'End' })
    expect(window.location.search).toBe('?turn=t3')
    fireEvent.keyDown(lanes, { key: 'ArrowLeft' })
    expect(screen.getByTestId('at').textContent).toMatch(/^Turn 3 of 4/)
    fireEvent.keyDown(lanes, { key: 'ArrowLeft', repeat: true })
    expect(screen.getByTestId('at').textContent).toMatch(/^Turn 2 of 4/)
    expect(window.location.search).toBe('?turn=t2')
    fireEvent.keyUp(lanes, { key: 'ArrowLeft' })
    expect(window.location.search).toBe('?turn=t1')
    fireEvent.pointerDown(lanes, { button: 2, clientX: 0 })
    expect(window.location.search).toBe('?turn=t1')
    fireEvent.keyDown(lanes, { key: 'Escape' })
    expect(window.location.search).toBe('')
  })

  it('pins a turn that is clicked while the hand is on it, and lets it go again', async () => {
    await show()
    const button = within(rows()[2]!).getByRole('button', { name: /^Turn 3/ })
    fireEvent.pointerEnter(rows()[2]!, { pointerType: 'mouse' })
    expect(button.getAttribute('aria-pressed')).toBe('false')
    fireEvent.click(button)
    expect(window.location.search).toBe('?turn=t2')
    expect(button.getAttribute('aria-pressed')).toBe('true')
    fireEvent.click(button)
    expect(window.location.search).toBe('')
  })

  it('tells of every value where it comes from, and hatches guesses', async () => {
    const lanes = await show()
    const badges = lane('Relationship').getByTestId('origins')
    expect(badges.textContent).toBe('store 50 %default 25 %estimate 25 %')
    expect(lanes.querySelectorAll('[aria-label^=Relationship] [data-hatched]')).toHaveLength(1)
    expect(lanes.querySelectorAll('[aria-label^=Quality] [data-hatched]')).toHaveLength(0)

    fireEvent.keyDown(lanes, { key: 'Home' })
    expect(lane('Relationship').getByTestId('origin').textContent).toBe('default')
    const values = within(screen.getByTestId('turn-values'))
    expect(values.getAllByTestId('origin').map((one) => one.textContent)).toEqual([
      'model',
      'heuristic',
      'default',
    ])
  })

  it('says what is not known of it instead of drawing nought', async () => {
    await show()
    expect(screen.queryByRole('region', { name: 'Memory retrieval' })).toBeNull()
    expect(screen.getByText(/^Not known of these turns/).textContent).toContain('memory retrieval')
  })

  it('shows hostile and very long texts as text', async () => {
    const long = 'word '.repeat(50_000)
    pages = {
      '': session([
        turn(0, { message: HOSTILE, reply: null, user: HOSTILE }),
        turn(1, { message: long, values: {} }),
      ]),
    }
    pages['']!.conversations = [conversation({ user: HOSTILE })]
    window.history.replaceState(null, '', '/x?from=all')
    await show()
    expect(document.querySelector('img')).toBeNull()
    expect(rows()[0]?.textContent).toContain(HOSTILE)
    expect(rows()[0]?.textContent).toContain('did not answer')
    expect(within(rows()[1]!).getByText(/^All 250,000 characters/)).toBeTruthy()
  })

  it('says of a text that it is another one now, or gone', async () => {
    const one = turn(0, { revised: { user: 'edited', assistant: 'regenerated' } })
    const two = turn(1, { message: null, revised: { user: 'deleted' } })
    pages = { '': session([one, two]) }
    await show()
    expect(rows()[0]?.textContent).toMatch(/edited.*message 0.*answered anew.*reply 0/s)
    expect(rows()[1]?.textContent).toContain('deleted')
    expect(rows()[1]?.textContent).not.toContain('said nothing')
  })

  it('chooses among the conversations of a session and fetches what is older', async () => {
    const old = conversation({
      started: new Date((T0 - 86_400) * 1000).toISOString(),
      ended: new Date((T0 - 86_340) * 1000).toISOString(),
    })
    const first = { ...session(), conversations: [conversation(), old], next: 'more' }
    const early = turn(9, { at: old.started, message: 'long ago' })
    pages = { '': first, more: { ...session([early]), next: null } }
    await show()
    expect(rows()).toHaveLength(4)
    fireEvent.change(screen.getByRole('combobox'), {
      target: { value: `luna\nann\n${old.started}` },
    })
    expect(await screen.findByText('long ago')).toBeTruthy()
    expect(rows()).toHaveLength(1)
    expect(window.location.search).toContain(`from=${encodeURIComponent(old.started)}`)
  })

  it('fetches what is older until it has the turn that the address names', async () => {
    const early = turn(9, { at: new Date((T0 - 60) * 1000).toISOString(), message: 'long ago' })
    pages = { '': { ...session(), next: 'more' }, more: { ...session([early]), next: 'yet more' } }
    window.history.replaceState(null, '', '/x?from=all&turn=t9')
    await show()
    expect(await screen.findByText('long ago')).toBeTruthy()
    expect(screen.getByTestId('at').textContent).toMatch(/^Turn 1 of 5/)
    expect(asked).toHaveLength(2)
  })

  it('keeps line ends and characters whole where a text is folded', async () => {
    pages = {
      '': session([turn(0, { message: `one\r\ntwo\u202E${'😀'.repeat(700)}`, values: {} })]),
    }
    await show()
    const [, said] = rows()[0]!
      .querySelectorAll('.whitespace-pre-wrap')[0]!
      .textContent!.split('\n')
    expect(said).toMatch(/^two·(😀)+…$/u)
    expect(rows()[0]!.textContent).not.toMatch(/one·/)
  })

  it('shows reactions beside what they are to, with whose word holds', async () => {
    reactions = [
      reacted({ id: 'r_2', target_is: 'user', emoji: '👍', target: 't1' }),
      reacted({ id: 'r_1', state: 'judged', by: 'model', meaning: 'RATING', target: 't2' }),
      reacted({ id: 'r_0', state: 'retracted', target: 't2' }),
    ]
    await show()
    const link = await screen.findByRole('link', { name: /❤️/ })
    expect(reactionsAsked).toBe('/v1/reactions?session=luna%2Fann&limit=1000')
    expect(rows()[2]!.contains(link)).toBe(true)
    expect(link.textContent).toBe('❤️Ratingmodel 46 %')
    expect(link.getAttribute('href')).toBe(
      '/reactions?tab=history&session=luna%2Fann&target=t2&open=r_1',
    )
    const own = within(rows()[1]!).getByRole('link', { name: /👍/ })
    const reply = within(rows()[1]!).getByText('reply 1')
    expect(own.compareDocumentPosition(reply)).toBe(Node.DOCUMENT_POSITION_FOLLOWING)
    expect(within(rows()[2]!).getAllByRole('link')).toHaveLength(1)
    expect(screen.queryByText(/older reactions/)).toBeNull()
  })

  it('says how many reactions of a long session are not shown', async () => {
    reactions = [reacted({ target: 't1' })]
    older = 7
    await show()
    expect(await screen.findByText(/^7 older reactions/)).toBeTruthy()
  })

  it('says that there is no such conversation', async () => {
    pages = {}
    void show().catch(() => {})
    expect(await screen.findByText('no conversation of that session is kept')).toBeTruthy()
  })
})
