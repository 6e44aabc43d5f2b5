// People: how each stands to each bot, with who says so; j, k and Enter go through them.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useBots } from '../lib/bots'
import { fetchPeople } from '../lib/conversations'
import { epoch, name, when } from '../lib/format'
import { useDebounced, useTitle } from '../lib/hooks'
import { personLink } from '../lib/links'
import { useFilter, useOffset } from '../lib/offset'
import { useRowKeys } from '../lib/rows'
import { isGuess } from '../lib/sources'
import { Origin } from '../panels/Origin'
import type { Relationship } from '../wire'
import { Filter } from './Filter'
import { Listing } from './Listing'
import { Pager } from './Pager'
import { LinkedRow, Rows } from './Rows'
import { Search } from './Search'
import { Share } from './Share'

const SIZE = 50

export function PeoplePage() {
  useTitle('People')
  useRowKeys()
  const [search, setSearch] = useFilter('search')
  const [bot, setBot] = useFilter('bot')
  const [start, go] = useOffset()
  const asked = useDebounced(search.trim(), 200)
  const { data, error, isPending, isPlaceholderData } = useQuery({
    queryKey: ['people', asked, bot, start],
    queryFn: () => fetchPeople({ search: asked, bot, offset: start, limit: SIZE }),
    placeholderData: keepPreviousData,
    refetchInterval: 10_000,
  })
  const { data: bots } = useBots()
  // What stands for an answer that is awaited says nothing of what was asked now.
  const none = data?.total === 0 && !isPlaceholderData && !asked && !bot
  return (
    <Listing
      id="people"
      title="People"
      about="How each stands to each bot, the one that changed last first."
      error={error}
      pending={isPending}
      none={none}
    >
      {data && (
        <>
          <div className="mt-4 flex flex-wrap items-end gap-3" role="search" aria-label="People">
            <Search label="Person or bot" value={search} onChange={setSearch} />
            <Filter
              label="Bot"
              value={bot}
              options={(bots ?? []).map((one) => [one, name(one, 40)])}
              onChange={setBot}
            />
          </div>
          <div className="mt-5">
            <Table rows={data.people} />
            <Pager
              offset={start}
              shown={data.people.length}
              total={data.total}
              size={SIZE}
              go={go}
            />
          </div>
        </>
      )}
    </Listing>
  )
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
    <Rows caption="People and bots" heads={HEADS}>
      {rows.map((row) => (
        <Row key={`${row.bot}\n${row.user}`} row={row} />
      ))}
    </Rows>
  )
}

const HEADS: [string, string][] = [
  ['Person', ''],
  ['Trust', 'w-28'],
  ['Affection', 'w-28 max-md:hidden'],
  ['Attunement', 'w-28 max-lg:hidden'],
  ['Source', 'w-22'],
  ['Turns', 'w-16 text-right max-md:hidden'],
  ['Changed', 'w-32 text-right max-sm:hidden'],
]

function Row({ row }: { row: Relationship }) {
  const guess = isGuess(row.source)
  return (
    <LinkedRow
      href={personLink(row.user, row.bot)}
      title={name(row.user)}
      about={`with ${name(row.bot, 40)}`}
    >
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
    </LinkedRow>
  )
}
