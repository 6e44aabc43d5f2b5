// The way to every page: the number that needs review stands at its page, and 0 is not shown.
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { render, screen } from '@testing-library/react'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { reactionSummary } from '../testing/reactions'
import { Nav } from './Nav'

let needs: number | null

beforeEach(() => {
  vi.stubGlobal('fetch', async () =>
    needs === null
      ? Response.json({ detail: 'away' }, { status: 503 })
      : Response.json(reactionSummary({ needs_review: needs })),
  )
})

function show() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } })
  render(
    <QueryClientProvider client={client}>
      <Nav />
    </QueryClientProvider>,
  )
  return client
}

describe('Nav', () => {
  it('tells how many reactions need review, in the rail and behind the phone’s button', async () => {
    needs = 12
    show()
    const links = await screen.findAllByRole('link', { name: 'Reactions 12 need review' })
    expect(links.map((link) => link.getAttribute('href'))).toEqual(['/reactions', '/reactions'])
  })

  it('shows no number where there is none, or where it is not known', async () => {
    for (needs of [0, null]) {
      const client = show()
      await vi.waitFor(() => expect(client.isFetching()).toBe(0))
      expect(screen.queryByTestId('asked')).toBeNull()
    }
  })
})
