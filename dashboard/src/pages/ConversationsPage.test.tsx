// The table of conversations: what it asks for, how it is walked through, and how it begins empty.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Conversations } from '../lib/conversations'
import { conversation, HOSTILE } from '../testing/turns'
import { ConversationsPage } from './ConversationsPage'

const asked: URL[] = []
let answer: Conversations

beforeEach(() => {
  asked.length = 0
  answer = {
    conversations: [
      conversation(),
      conversation({ session: HOSTILE, user: HOSTILE, quality: null, emotion: '' }),
    ],
    total: 120,
    facets: { bot: { luna: 100, nova: 20 }, emotion: { joy: 80 } },
  }
  window.history.replaceState(null, '', '/conversations')
  vi.stubGlobal('fetch', async (url: string) => {
    asked.push(new URL(url, 'http://here'))
    return Response.json(answer)
  })
})

function show() {
  render(
    <QueryClientProvider
      client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}
    >
      <ConversationsPage />
    </QueryClientProvider>,
  )
  return screen.findByRole('table')
}

const lastAsked = (key: string) => asked.at(-1)?.searchParams.get(key)

describe('ConversationsPage', () => {
  it('shows a row for each, and what is not known as a dash', async () => {
    const rows = within(await show())
      .getAllByRole('row')
      .slice(1)
    expect(rows).toHaveLength(2)
    expect(rows[0]?.textContent).toContain('ann with luna')
    expect(rows[0]?.textContent).toContain('72')
    expect(rows[0]?.textContent).toContain('840 ms')
    expect(rows[1]?.textContent).toContain('–')
    expect(rows[1]?.textContent).toContain('not read')
    expect(document.querySelector('img')).toBeNull()
    expect(screen.getByText('1 to 2 of 120')).toBeTruthy()
  })

  it('asks by facet, range and page, and keeps them in the address', async () => {
    await show()
    fireEvent.click(screen.getAllByRole('button', { name: /nova/ })[0]!)
    fireEvent.change(screen.getByLabelText('Quality from'), { target: { value: '70' } })
    await waitFor(() => expect(lastAsked('min_quality')).toBe('0.7'))
    expect(lastAsked('bot')).toBe('nova')
    expect(window.location.search).toBe('?bot=nova&min=70')
    fireEvent.click(screen.getByRole('button', { name: 'Next' }))
    await waitFor(() => expect(lastAsked('offset')).toBe('50'))
    fireEvent.change(screen.getByLabelText('Order'), { target: { value: 'quality' } })
    await waitFor(() => expect(lastAsked('order')).toBe('quality'))
    expect(lastAsked('offset')).toBe('0')
  })

  it('is walked through with j and k, and not while somebody writes', async () => {
    await show()
    const focused = () => document.activeElement?.textContent
    fireEvent.keyDown(document.body, { key: 'j' })
    expect(focused()).toBe('luna/ann')
    fireEvent.keyDown(document.activeElement!, { key: 'j' })
    expect(focused()).toBe(HOSTILE)
    fireEvent.keyDown(document.activeElement!, { key: 'k' })
    expect(focused()).toBe('luna/ann')
    const search = screen.getByRole('searchbox')
    search.focus()
    fireEvent.keyDown(search, { key: 'j' })
    expect(document.activeElement).toBe(search)
  })

  it('leads to the conversation, whose name is encoded', async () => {
    await show()
    const link = screen.getByRole('link', { name: 'luna/ann' })
    expect(link.getAttribute('href')).toMatch(
      /^\/conversations\/luna%2Fann\?bot=luna&user=ann&from=2026-11-21T10/,
    )
  })

  it('tells how to record a first turn where there is none', async () => {
    answer = { conversations: [], total: 0, facets: { bot: {}, emotion: {} } }
    void show().catch(() => {})
    const first = await screen.findByTestId('first-turn')
    expect(first.textContent).toContain('recorder.record(bot="luna"')
    expect(screen.queryByRole('table')).toBeNull()
  })

  it('says that nothing fits, without taking the filters away', async () => {
    window.history.replaceState(null, '', '/conversations?search=zzz')
    answer = { ...answer, conversations: [], total: 0 }
    void show().catch(() => {})
    expect(await screen.findByText(/^No such conversation/)).toBeTruthy()
    expect(screen.getByRole('searchbox')).toHaveProperty('value', 'zzz')
  })

  it('keeps the field somebody writes in while the answer to nothing found still stands', async () => {
    window.history.replaceState(null, '', '/conversations?search=zzz')
    const all = answer
    answer = { ...answer, conversations: [], total: 0 }
    void show().catch(() => {})
    await screen.findByText(/^No such conversation/)
    answer = all
    const search = screen.getByRole('searchbox')
    fireEvent.change(search, { target: { value: '' } })
    expect(screen.getByRole('searchbox')).toBe(search)
    await screen.findByRole('table')
    expect(screen.getByRole('searchbox')).toBe(search)
  })

  it('shows the reason of a refusal', async () => {
    vi.stubGlobal('fetch', async () =>
      Response.json({ detail: 'The archive is away; try again.' }, { status: 503 }),
    )
    void show().catch(() => {})
    expect(await screen.findByText('The archive is away; try again.')).toBeTruthy()
  })
})
