// A person: how they stand now and over time, with trends, changes and the share of guesses.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen, within } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Person, Trajectory } from '../lib/conversations'
import { conversation, HOSTILE, person, relationship, trajectory } from '../testing/turns'
import { PersonPage } from './PersonPage'

const asked: URL[] = []
let found: Person | null
let trend: Trajectory

beforeEach(() => {
  asked.length = 0
  found = person()
  trend = trajectory()
  window.history.replaceState(null, '', '/people/ann')
  vi.stubGlobal('fetch', async (text: string) => {
    const url = new URL(text, 'http://here')
    asked.push(url)
    if (url.pathname === '/v1/trends') return Response.json(trend)
    return found
      ? Response.json(found)
      : Response.json({ detail: 'nothing is kept of that person' }, { status: 404 })
  })
})

function show(user = 'ann') {
  render(
    <QueryClientProvider
      client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}
    >
      <PersonPage user={user} />
    </QueryClientProvider>,
  )
}

describe('PersonPage', () => {
  it('asks for the days of this place and for three trends of the pair', async () => {
    show('ann/<b>')
    await screen.findByTestId('trajectories')
    expect(asked[0]?.pathname).toBe('/v1/people/ann%2F%3Cb%3E')
    expect(asked[0]?.searchParams.get('tz')).toBeTruthy()
    const trends = asked.filter((url) => url.pathname === '/v1/trends')
    expect(trends.map((url) => url.searchParams.get('field'))).toEqual([
      'trust_level',
      'affection_level',
      'attunement_level',
    ])
    expect(trends[0]?.searchParams.get('bot')).toBe('luna')
  })

  it('tells how they stand, which way it goes, and how much of it is guessed', async () => {
    show()
    const now = within(await screen.findByRole('region', { name: 'Now' }))
    await now.findAllByTestId('trend')
    const trust = now.getByRole('heading', { name: 'Trust' }).closest('article')!
    expect(trust.textContent).toContain('62 of 100')
    expect(trust.textContent).toContain('rising, +11.0 a day (+8.0 to +14.0)')
    expect(trust.textContent).toContain('66 % of its points are guesses')
    expect(within(trust).getByTestId('origin').textContent).toBe('store')
  })

  it('draws a value that nobody knows yet as a guess', async () => {
    found = person({ relationships: [relationship({ source: 'default' })] })
    show()
    const now = await screen.findByRole('region', { name: 'Now' })
    expect(now.querySelectorAll('p .hatched')).toHaveLength(3)
  })

  it('leads from a change of level to the turn', async () => {
    show()
    const changes = within(await screen.findByRole('region', { name: 'Where a level changed' }))
    expect(changes.getAllByRole('listitem')[0]?.textContent).toContain('from 40 to 58')
    expect(changes.getAllByRole('link')[0]?.getAttribute('href')).toBe(
      '/conversations/luna%2Fann?from=all&turn=t2',
    )
  })

  it('reads the chart from the keyboard, with who says so', async () => {
    show()
    fireEvent.keyDown(await screen.findByTestId('trajectories'), { key: 'Home' })
    const rows = within(screen.getByTestId('tooltip')).getAllByRole('listitem')
    expect(rows.map((row) => row.textContent)).toEqual([
      'Trust40default',
      'Affection40default',
      'Attunement40default',
    ])
  })

  it('shows when they talk, and their conversations', async () => {
    found = person({ conversations: [conversation({ session: HOSTILE })], total: 3 })
    show()
    expect(await screen.findByText('6 days')).toBeTruthy()
    expect(screen.getByRole('img', { name: /most on Sat at 20:00, 9/ })).toBeTruthy()
    expect(screen.getByRole('link', { name: HOSTILE })).toBeTruthy()
    expect(screen.getByRole('link', { name: 'All 3' }).getAttribute('href')).toBe(
      '/conversations?user=ann',
    )
    expect(document.querySelector('img')).toBeNull()
  })

  it('says that nothing is known of somebody', async () => {
    found = null
    show()
    expect(await screen.findByText('nothing is kept of that person')).toBeTruthy()
  })
})
