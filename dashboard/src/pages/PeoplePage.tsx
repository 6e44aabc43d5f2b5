// People: how each stands to each bot, with who says so; j, k and Enter go through them.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { fetchConversations, fetchPeople } from '../lib/conversations'
import { epoch, name, when } from '../lib/format'
import { useDebounced, useParam, useTitle } from '../lib/hooks'
import { personLink } from '../lib/links'
import { useRowKeys } from '../lib/rows'
import { isGuess } from '../lib/sources'
import { Origin } from '../panels/Origin'
import type { Relationship } from '../wire'
import { Filter } from './Filter'
import { FirstTurn } from './FirstTurn'
import { Pager } from './Pager'
import { Share } from './Share'

const SIZE = 50

export function PeoplePage() {
  useTitle('People')
  useRowKeys()
  const [search, setSearch] = useParam('search')
  const [bot, setBot] = useParam('bot')
  const [offset, setOffset] = useParam('offset')
  const asked = useDebounced(search.trim(), 200)
  const start = Math.max(0, Number.parseInt(offset, 10) || 0)
  const { data, error, isPending } = useQuery({
    queryKey: ['people', asked, bot, start],
    queryFn: () => fetchPeople({ search: asked, bot, offset: start, limit: SIZE }),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  })
  const { data: bots } = useBots()
  const none = data?.total === 0 && !asked && !bot
  return (
    <div className="pt-4" data-testid="people">
      <h1 className="text-2xl font-semibold tracking-tight">People</h1>
      <p className="mt-1 text-soft">
        How each stands to each bot, the one that changed last first.
      </p>
      {error && (
        <p role="status" className="mt-4 text-critical">
          {error.message}
        </p>
      )}
      {isPending && (
        <p role="status" className="label mt-4">
          Asking…
        </p>
      )}
      {none && (
        <div className="mt-4">
          <FirstTurn />
        </div>
      )}
      {data && !none && (
        <>
          <div className="mt-4 flex flex-wrap items-end gap-3" role="search" aria-label="People">
            <label className="grid gap-1">
              <span className="label">Person or bot</span>
              <input
                type="search"
                className="field w-60 max-w-full"
                value={search}
                placeholder="all"
                onChange={(event) => {
                  setOffset('')
                  setSearch(event.target.value)
                }}
              />
            </label>
            <Filter
              label="Bot"
              value={bot}
              options={(bots ?? []).map((one) => [one, name(one, 40)])}
              onChange={(next) => {
                setOffset('')
                setBot(next)
              }}
            />
          </div>
          <div className="mt-5">
            <Table rows={data.people} />
            <Pager
              offset={start}
              shown={data.people.length}
              total={data.total}
              size={SIZE}
              go={(next) => setOffset(next === 0 ? '' : String(next))}
            />
          </div>
        </>
      )}
    </div>
  )
}

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

function Table({ rows }: { rows: Relationship[] }) {
  if (rows.length === 0) {
    return (
      <p className="card p-5 text-soft" role="status">
        Nobody of that name. Widen the search or choose all bots.
      </p>
    )
  }
  return (
    <div className="card overflow-hidden">
      <table className="w-full table-fixed text-left">
        <caption className="sr-only">
          People and bots; the keys j and k go down and up, Enter opens one
        </caption>
        <thead className="border-b border-line text-[13px] text-soft">
          <tr>
            <th className="px-3 py-2 font-medium sm:px-4">Person</th>
            <th className="w-28 px-2 py-2 font-medium">Trust</th>
            <th className="w-28 px-2 py-2 font-medium max-md:hidden">Affection</th>
            <th className="w-28 px-2 py-2 font-medium max-lg:hidden">Attunement</th>
            <th className="w-22 px-2 py-2 font-medium">Source</th>
            <th className="w-16 px-2 py-2 text-right font-medium max-md:hidden">Turns</th>
            <th className="w-32 px-4 py-2 text-right font-medium max-sm:hidden">Changed</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={`${row.bot}\n${row.user}`} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ row }: { row: Relationship }) {
  const guess = isGuess(row.source)
  return (
    <tr className="relative border-t border-line first:border-t-0 hover:bg-sunken">
      <td className="px-3 py-2.5 sm:px-4">
        <Link
          href={personLink(row.user, row.bot)}
          className="row-link block truncate font-medium after:absolute after:inset-0 after:content-['']"
        >
          {name(row.user)}
        </Link>
        <span className="label block truncate">with {name(row.bot, 40)}</span>
      </td>
      <td className="px-2 py-2.5">
        <Share value={row.trust} guess={guess} />
      </td>
      <td className="px-2 py-2.5 max-md:hidden">
        <Share value={row.affection} guess={guess} />
      </td>
      <td className="px-2 py-2.5 max-lg:hidden">
        <Share value={row.attunement} guess={guess} />
      </td>
      <td className="px-2 py-2.5">
        <Origin source={row.source} />
      </td>
      <td className="px-2 py-2.5 text-right max-md:hidden">{row.turns}</td>
      <td className="px-4 py-2.5 text-right max-sm:hidden">
        <time className="label" dateTime={row.updated}>
          {when(epoch(row.updated))}
        </time>
      </td>
    </tr>
  )
}
