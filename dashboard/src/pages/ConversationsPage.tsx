// Conversations: a table with facets, search and a range of quality; j, k and Enter go through it.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { fetchConversations, type Conversations } from '../lib/conversations'
import { epoch, millis, name, when, words } from '../lib/format'
import { useDebounced, useTitle } from '../lib/hooks'
import { talkLink } from '../lib/links'
import { useFilter, useOffset } from '../lib/offset'
import { useRowKeys } from '../lib/rows'
import { Feeling } from '../panels/Feeling'
import type { Conversation } from '../wire'
import { Facet } from './Facets'
import { Listing } from './Listing'
import { Pager } from './Pager'
import { LinkedRow, Rows } from './Rows'
import { Search } from './Search'
import { Share } from './Share'

const SIZE = 50
const EVERY_MS = 10_000

const ORDERS = {
  ended: 'latest first',
  started: 'latest begun first',
  turns: 'longest first',
  quality: 'lowest quality first',
  satisfaction: 'lowest satisfaction first',
}

/** What is asked for, as the address holds it. */
function useWanted() {
  return {
    bot: useFilter('bot'),
    user: useFilter('user'),
    emotion: useFilter('emotion'),
    search: useFilter('search'),
    least: useFilter('min'),
    most: useFilter('max'),
    order: useFilter('order', 'ended'),
  }
}

type Wanted = ReturnType<typeof useWanted>

export function ConversationsPage() {
  useTitle('Conversations')
  useRowKeys()
  const wanted = useWanted()
  const [start, go] = useOffset()
  const filters = {
    bot: wanted.bot[0],
    user: wanted.user[0],
    emotion: wanted.emotion[0],
    search: wanted.search[0].trim(),
    min_quality: hundredth(wanted.least[0]),
    max_quality: hundredth(wanted.most[0]),
  }
  const asked = useDebounced(JSON.stringify(filters), 200)
  const order = Object.hasOwn(ORDERS, wanted.order[0]) ? wanted.order[0] : 'ended'
  const { data, error, isPending } = useQuery({
    queryKey: ['conversations', asked, order, start],
    queryFn: () =>
      fetchConversations({
        ...(JSON.parse(asked) as typeof filters),
        order,
        offset: start,
        limit: SIZE,
      }),
    placeholderData: keepPreviousData,
    refetchInterval: EVERY_MS,
  })
  // The facets count all there are, whatever is asked for.
  const none = data !== undefined && Object.keys(data.facets.bot).length === 0
  return (
    <Listing id="conversations" title="Conversations" error={error} pending={isPending} none={none}>
      {data && (
        <>
          <Filters wanted={wanted} />
          <div className="mt-5 grid items-start gap-6 lg:grid-cols-[190px_minmax(0,1fr)]">
            <Facets wanted={wanted} facets={data.facets} />
            <div className="min-w-0">
              <Table rows={data.conversations} />
              <Pager
                offset={start}
                shown={data.conversations.length}
                total={data.total}
                size={SIZE}
                go={go}
              />
            </div>
          </div>
        </>
      )}
    </Listing>
  )
}

/** "70" of a hundred as the API takes it; what is no number asks for nothing. */
function hundredth(text: string): string | undefined {
  const value = Number.parseFloat(text)
  return Number.isFinite(value) ? String(Math.min(1, Math.max(0, value / 100))) : undefined
}

function Filters({ wanted }: { wanted: Wanted }) {
  const [search, setSearch] = wanted.search
  const [order, setOrder] = wanted.order
  const [user, setUser] = wanted.user
  return (
    <div className="mt-4 flex flex-wrap items-end gap-3" role="search" aria-label="Conversations">
      <Search label="Session, bot or person" value={search} onChange={setSearch} />
      <div className="flex items-end gap-3">
        <Bound word="Quality from" bound={wanted.least} placeholder="0" />
        <Bound word="to" bound={wanted.most} placeholder="100" />
      </div>
      <label className="grid gap-1">
        <span className="label">Order</span>
        <select className="field" value={order} onChange={(event) => setOrder(event.target.value)}>
          {Object.entries(ORDERS).map(([key, word]) => (
            <option key={key} value={key}>
              {word}
            </option>
          ))}
        </select>
      </label>
      {user && (
        <button type="button" className="btn" onClick={() => setUser('')}>
          Of {name(user, 30)} <span aria-hidden="true">✕</span>
          <span className="sr-only">: show everybody</span>
        </button>
      )}
    </div>
  )
}

interface BoundProps {
  word: string
  bound: [string, (value: string) => void]
  placeholder: string
}

function Bound({ word, bound: [value, set], placeholder }: BoundProps) {
  return (
    <label className="grid gap-1">
      <span className="label">{word}</span>
      <input
        type="number"
        min="0"
        max="100"
        step="5"
        className="field w-20"
        value={value}
        placeholder={placeholder}
        onChange={(event) => set(event.target.value)}
      />
    </label>
  )
}

const botFace = (bot: string) => name(bot, 40)
const feelingFace = (emotion: string) => <Feeling emotion={emotion} />

function Facets({ wanted, facets }: { wanted: Wanted; facets: Conversations['facets'] }) {
  const [bot, setBot] = wanted.bot
  const [emotion, setEmotion] = wanted.emotion
  const chosen = [bot, emotion].filter(Boolean).map((one) => name(one, 20))
  const lists = (
    <div className="grid gap-5 max-lg:mt-3 max-lg:grid-cols-2">
      <Facet title="Bot" counts={facets.bot} chosen={bot} choose={setBot} face={botFace} />
      <Facet
        title="Felt most"
        counts={facets.emotion}
        chosen={emotion}
        choose={setEmotion}
        face={feelingFace}
      />
    </div>
  )
  return (
    <>
      <div className="max-lg:hidden">{lists}</div>
      <details className="card p-3 lg:hidden">
        <summary className="text-sm font-medium">
          By bot and feeling{chosen.length > 0 ? `: ${chosen.join(', ')}` : ''}
        </summary>
        {lists}
      </details>
    </>
  )
}

function Table({ rows }: { rows: Conversation[] }) {
  if (rows.length === 0) {
    return (
      <p className="card p-5 text-soft" role="status">
        No such conversation. Widen the search, the range or the choices.
      </p>
    )
  }
  return (
    <Rows caption="Conversations" heads={HEADS}>
      {rows.map((row) => (
        <Row key={`${row.session}\n${row.bot}\n${row.user}\n${row.started}`} row={row} />
      ))}
    </Rows>
  )
}

const HEADS: [string, string][] = [
  ['Conversation', ''],
  ['Quality', 'w-28'],
  ['Satisfaction', 'w-28 max-xl:hidden'],
  ['Felt most', 'w-36 max-sm:hidden'],
  ['Turns', 'w-16 text-right max-md:hidden'],
  ['Reply in', 'w-22 text-right max-md:hidden'],
  ['When', 'w-32 text-right max-sm:w-24'],
]

function Row({ row }: { row: Conversation }) {
  const who = row.user ? name(row.user, 40) : 'somebody'
  return (
    <LinkedRow
      href={talkLink(row)}
      title={name(row.session)}
      about={
        <>
          {who} with {name(row.bot, 40)}
          {row.emotion && <span className="sm:hidden"> · {words(row.emotion, 24)}</span>}
        </>
      }
    >
      <td className="px-2 py-2.5">
        <Share value={row.quality} />
      </td>
      <td className="px-2 py-2.5 max-xl:hidden">
        <Share value={row.satisfaction} />
      </td>
      <td className="px-2 py-2.5 max-sm:hidden">
        {row.emotion ? <Feeling emotion={row.emotion} /> : <span className="label">not read</span>}
      </td>
      <td className="px-2 py-2.5 text-right max-md:hidden">{row.turns}</td>
      <td className="px-2 py-2.5 text-right whitespace-nowrap max-md:hidden">
        {millis(row.processing_time_ms)}
      </td>
      <td className="px-3 py-2.5 text-right sm:px-4">
        <time className="label" dateTime={row.ended}>
          {when(epoch(row.ended))}
        </time>
      </td>
    </LinkedRow>
  )
}
