// What is remembered of a person: with reasons, corrected, hidden, deleted once asked, and recalled.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { act, fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Kept, Memories, Recall } from '../lib/memories'
import { kept, memories, recall } from '../testing/memories'
import { HOSTILE } from '../testing/turns'
import { PersonPage } from './PersonPage'

const ID = kept().id

let answer: Memories
let found: Recall
let refusal: string
const asked: URL[] = []
const said: [string, string, unknown][] = []

beforeEach(() => {
  asked.length = 0
  said.length = 0
  refusal = ''
  answer = memories()
  found = recall()
  window.history.replaceState(null, '', '/people/ann?tab=memories')
  vi.stubGlobal('fetch', async (text: string, init?: RequestInit) => {
    const url = new URL(text, 'http://here')
    const method = init?.method ?? 'GET'
    if (method === 'GET') {
      asked.push(url)
      return Response.json(url.pathname.endsWith('/recall') ? found : answer)
    }
    said.push([method, url.pathname, init?.body ? JSON.parse(String(init.body)) : null])
    if (refusal) return Response.json({ detail: refusal }, { status: 503 })
    if (method === 'DELETE') {
      answer = memories([])
      return Response.json({ deleted: 1 })
    }
    const word = JSON.parse(String(init?.body)) as Partial<Kept>
    answer = memories([kept({ ...answer.memories[0], ...word })])
    return Response.json(answer.memories[0])
  })
})

function show() {
  render(
    <QueryClientProvider
      client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}
    >
      <PersonPage user="ann" />
    </QueryClientProvider>,
  )
  return screen.findByTestId('memory')
}

const click = (name: string | RegExp) =>
  act(async () => fireEvent.click(screen.getByRole('button', { name })))
const news = () => screen.getByTestId('news').textContent

describe('what is remembered of a person', () => {
  it('tells why it is kept, where from, how it felt and what came of it', async () => {
    const card = await show()
    expect(asked[0]?.pathname).toBe('/v1/memories')
    expect(Object.fromEntries(asked[0]!.searchParams)).toEqual({
      user: 'ann',
      offset: '0',
      limit: '20',
    })
    expect(card.textContent).toContain('Why personal: it tells something of the person: dog')
    expect(card.textContent).toMatch(/joy60 %/)
    expect(card.textContent).toMatch(/recalled 4 times, last .*2 of 3 answers drew on it/)
    expect(card.textContent).toContain('kept for good')
    expect(within(card).getByRole('link').getAttribute('href')).toBe(
      '/conversations/luna%2Fann?from=all&turn=t2',
    )
  })

  it('is narrowed by tier, bot and words, which the address keeps', async () => {
    await show()
    await click(/^short/)
    fireEvent.change(screen.getByLabelText('Text'), { target: { value: 'dog' } })
    fireEvent.change(screen.getByLabelText('Bot'), { target: { value: 'luna' } })
    await waitFor(() => expect(asked.at(-1)?.searchParams.get('search')).toBe('dog'))
    expect(asked.at(-1)?.searchParams.get('tier')).toBe('sub_temporary')
    expect(asked.at(-1)?.searchParams.get('bot')).toBe('luna')
    expect(window.location.search).toBe('?tab=memories&tier=sub_temporary&search=dog&bot=luna')
  })

  it('is corrected in place', async () => {
    const card = await show()
    await click('Correct')
    const area = screen.getByLabelText('What was said')
    expect(document.activeElement).toBe(area)
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Save' }).disabled).toBe(true)
    fireEvent.change(area, { target: { value: 'my dog is called Max' } })
    await click('Save')
    await screen.findByText('my dog is called Max')
    expect(said).toEqual([
      ['PATCH', `/v1/memories/${ID}`, { content: 'my dog is called Max', by: 'dashboard' }],
    ])
    expect(news()).toBe('Corrected, and taken to be true.')
    expect(document.activeElement).toBe(card)
  })

  it('is left as it was by Escape, or where the server refuses', async () => {
    await show()
    await click('Correct')
    fireEvent.keyDown(screen.getByLabelText('What was said'), { key: 'Escape' })
    expect(screen.queryByLabelText('What was said')).toBeNull()
    refusal = 'the memory store is away'
    await click('Hide from recall')
    expect((await screen.findByRole('alert')).textContent).toBe(
      'It stays as it was: the memory store is away',
    )
    expect(screen.getByTestId('memory').dataset['hidden']).toBe('false')
  })

  it('is hidden and verified', async () => {
    await show()
    await click('Hide from recall')
    await screen.findByRole('button', { name: 'Recall again' })
    expect(screen.getByTestId('memory').dataset['hidden']).toBe('true')
    await click('It is true')
    await screen.findByRole('button', { name: '✓ True' })
    expect(said.map(([, , word]) => word)).toEqual([
      { hidden: true, by: 'dashboard' },
      { verified: true, by: 'dashboard' },
    ])
  })

  it('is deleted only once that is asked, and says that it is gone', async () => {
    await show()
    await click('Delete…')
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Keep it' }))
    await click('Keep it')
    expect(said).toEqual([])
    await click('Delete…')
    await click('Delete for good')
    expect(said).toEqual([['DELETE', `/v1/memories/${ID}`, null]])
    await waitFor(() => expect(screen.queryByTestId('memory')).toBeNull())
    expect(news()).toBe('Deleted. The memory and its vectors are gone for good.')
    expect(document.activeElement).toBe(screen.getByTestId('memories'))
  })

  it('is gone where it is told so, however long the next answer takes', async () => {
    await show()
    const before = fetch
    vi.stubGlobal('fetch', (text: string, init?: RequestInit) =>
      init?.method === 'DELETE' ? before(text, init) : new Promise(() => {}),
    )
    await click('Delete…')
    await click('Delete for good')
    expect(news()).toBe('Deleted. The memory and its vectors are gone for good.')
    expect(screen.queryByTestId('memory')).toBeNull()
  })

  it('what was refused is no longer told once something else is done', async () => {
    await show()
    refusal = 'the memory store is away'
    await click('Delete…')
    await click('Delete for good')
    expect((await screen.findByRole('alert')).textContent).toContain('It stays as it was')
    await click('Keep it')
    refusal = ''
    await click('Hide from recall')
    await screen.findByRole('button', { name: 'Recall again' })
    expect(screen.queryByRole('alert')).toBeNull()
  })

  it('shows what would be recalled, with nearness, tiers and time, and counts nothing', async () => {
    await show()
    const box = within(screen.getByRole('region', { name: 'What would be recalled' }))
    fireEvent.change(box.getByLabelText('If ann said'), { target: { value: ' my dog? ' } })
    await act(async () => fireEvent.submit(box.getAllByRole('search')[0]!))
    const told = await screen.findByTestId('recalled')
    const url = asked.find((one) => one.pathname.endsWith('/recall'))!
    expect(Object.fromEntries(url.searchParams)).toEqual({
      bot: 'luna',
      user: 'ann',
      query: 'my dog?',
      limit: '5',
      trial: 'true',
    })
    expect(told.textContent).toContain('1 recalled in 3.21 ms')
    expect(told.textContent).toContain('3 session, 1 temporary, 1 personal')
    expect(told.textContent).toContain('near 0.82, counts 0.9')
  })

  it('a reaction’s memory is no word of the bot', async () => {
    answer = memories([
      kept({
        interaction_type: 'emoji_reaction',
        content: '[EMOJI_REACTION] 👀',
        response: '[EMOTIONAL_FEEDBACK] neutral (confidence: 0.80)',
        context: 'Let me look that up.',
      }),
    ])
    const card = await show()
    expect(card.textContent).toContain('👀read asneutral (confidence: 0.80)')
    expect(card.textContent).toContain('a reaction toLet me look that up.')
  })

  it('hostile texts are text', async () => {
    answer = memories([
      kept({
        content: HOSTILE,
        response: HOSTILE,
        reason: HOSTILE,
        bot: HOSTILE,
        emotion: HOSTILE,
      }),
    ])
    const card = await show()
    expect(card.textContent).toContain(`Why personal: ${HOSTILE}`)
    expect(document.querySelector('img')).toBeNull()
  })

  it('says how a memory is told where there are none', async () => {
    answer = memories([], { tiers: {} })
    void show().catch(() => {})
    const none = await screen.findByTestId('no-memory')
    expect(none.querySelector('pre')?.textContent).toContain('"user":"ann"')
  })
})
