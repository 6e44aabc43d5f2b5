// Comparing: who is chosen stands in the address; means, trends and shares of guesses in the table.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { fireEvent, render, screen, waitFor, within } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { relationship, trajectory } from '../testing/turns'
import { ComparePage } from './ComparePage'

const asked: URL[] = []
const share = { meaning: 'how it went', unit: '1', range: [0, 1] }
const CATALOGUE = [
  {
    name: 'engagement',
    meaning: '',
    source: 'measured',
    tags: ['session'],
    fields: { score: share },
  },
  {
    name: 'conversation_quality',
    meaning: '',
    source: 'heuristic',
    tags: ['bot', 'user_id'],
    fields: { satisfaction_score: share, engagement_score: share },
  },
]

beforeEach(() => {
  asked.length = 0
  window.history.replaceState(null, '', '/compare')
  vi.stubGlobal('fetch', async (text: string) => {
    const url = new URL(text, 'http://here')
    asked.push(url)
    if (url.pathname === '/v1/measurements') return Response.json({ data: CATALOGUE })
    if (url.pathname === '/v1/people') {
      return Response.json({ people: [relationship()], total: 1 })
    }
    if (url.pathname === '/v1/compare') {
      const { points, trend, sources } = trajectory()
      const series = url.searchParams
        .getAll('of')
        .map((name) => ({ name, points, mean: 0.5, count: points.length, trend, sources }))
      return Response.json({ series })
    }
    const facets = { bot: { luna: 40, nova: 20, 'a&b=c': 5 }, emotion: {} }
    return Response.json({ conversations: [], total: 0, facets })
  })
})

function show() {
  render(
    <QueryClientProvider client={new QueryClient()}>
      <ComparePage />
    </QueryClientProvider>,
  )
}

const compared = () => asked.filter((url) => url.pathname === '/v1/compare')

describe('ComparePage', () => {
  it('begins with the most frequent bots', async () => {
    show()
    const rows = within(await screen.findByRole('table'))
      .getAllByRole('row')
      .slice(1)
    expect(rows.map((row) => row.textContent)).toEqual(
      ['luna', 'nova', 'a&b=c'].map(
        (name) =>
          `${name}503↗ rising, +11.0 a day (+8.0 to +14.0) over 3 points, 2 days66 %store 34 %estimate 33 %default 33 %`,
      ),
    )
    expect(compared()[0]?.searchParams.getAll('of')).toEqual(['luna', 'nova', 'a&b=c'])
  })

  it('offers the numbers of turns only', async () => {
    show()
    await screen.findByRole('option', { name: 'engagement score' })
    expect(screen.queryByRole('option', { name: 'score' })).toBeNull()
    fireEvent.change(screen.getByLabelText('Number'), {
      target: { value: 'conversation_quality.engagement_score' },
    })
    await waitFor(() =>
      expect(compared().at(-1)?.searchParams.get('field')).toBe('engagement_score'),
    )
  })

  it('adds and takes away who is compared, and the address keeps it', async () => {
    show()
    fireEvent.click(screen.getByRole('button', { name: 'people' }))
    expect(screen.getByText(/^Choose two to eight people/)).toBeTruthy()
    for (const user of ['ann', 'bo & co']) {
      fireEvent.change(screen.getByLabelText('Add a person'), { target: { value: user } })
      fireEvent.click(screen.getByRole('button', { name: 'Add' }))
    }
    await waitFor(() => expect(compared().at(-1)?.searchParams.get('by')).toBe('user'))
    expect(new URLSearchParams(window.location.search).getAll('of')).toEqual(['ann', 'bo & co'])
    fireEvent.click(screen.getByRole('button', { name: /^ann/ }))
    expect(screen.getByText(/^Choose two to eight people/)).toBeTruthy()
  })

  it('asks for each once, and for eight at most', async () => {
    const of = ['luna', 'luna', ...'abcdefghi'].map((one) => `of=${one}`).join('&')
    window.history.replaceState(null, '', `/compare?${of}`)
    show()
    await waitFor(() =>
      expect(compared().at(-1)?.searchParams.getAll('of')).toEqual(['luna', ...'abcdefg']),
    )
  })

  it('lays them over each other from their start', async () => {
    show()
    fireEvent.click(screen.getByRole('button', { name: 'since their start' }))
    fireEvent.keyDown(await screen.findByTestId('trajectories'), { key: 'End' })
    expect(screen.getByTestId('tooltip').textContent).toContain('day 2')
  })
})
