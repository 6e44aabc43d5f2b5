// Which bots there are, for the pages that choose among them.
import { useQuery } from '@tanstack/react-query'
import { fetchConversations } from './conversations'

/** The bots there are, the most frequent first. */
export function useBots() {
  return useQuery({
    queryKey: ['bots'],
    queryFn: async () => {
      const { facets } = await fetchConversations({ limit: 1 })
      return Object.entries(facets.bot)
        .toSorted(([, a], [, b]) => b - a)
        .map(([bot]) => bot)
    },
    staleTime: 60_000,
  })
}
