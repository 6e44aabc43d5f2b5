// The table of people: how each stands to each bot, and guesses that look like guesses.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { HOSTILE, relationship } from '../testing/turns'
import { PeoplePage } from './PeoplePage'

const asked: URL[] = []

beforeEach(() => {
  asked.length = 0
  window.history.replaceState(null, '', '/people')
  vi.stubGlobal('fetch', async (text: string) => {
    const url = new URL(text, 'http://here')
    asked.push(url)
    if (url.pathname === '/v1/conversations') {
      const facets = { bot: { nova: 3, luna: 40 }, emotion: {} }
      return Response.json({ conversations: [], total: 0, facets })
    }
    const people = [relationship(), relationship({ user: HOSTILE, source: 'estimate' })]
    return Response.json({ people, total: 2 })
  })
})

function show() {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <PeoplePage />
    </QueryClientProvider>,
  )
  return screen.findByRole('table')
}

describe('PeoplePage', () => {
  it('shows each pair with its source, and hatches what is guessed', async () => {
    const rows = within(await show())
      .getAllByRole('row')
      .slice(1)
    expect(rows[0]?.textContent).toContain('62')
    expect(rows[0]?.querySelector('.hatched')).toBeNull()
    expect(rows[1]?.textContent).toContain('estimate')
    expect(rows[1]?.querySelectorAll('.bar .hatched')).toHaveLength(3)
    expect(document.querySelector('img')).toBeNull()
    expect(within(rows[0]!).getByRole('link').getAttribute('href')).toBe('/people/ann?bot=luna')
  })

  it('searches, and chooses among the bots there are', async () => {
    await show()
    await screen.findByRole('option', { name: 'luna' })
    fireEvent.change(screen.getByLabelText('Bot'), { target: { value: 'nova' } })
    fireEvent.change(screen.getByRole('searchbox'), { target: { value: ' ann ' } })
    await waitFor(() => expect(asked.at(-1)?.search).toContain('search=ann&bot=nova'))
  })
})
