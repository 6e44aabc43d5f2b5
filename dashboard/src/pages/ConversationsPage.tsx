// Conversations: a table with facets, search and a range of quality; j, k and Enter go through it.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { fetchConversations, type Conversations } from '../lib/conversations'
import { epoch, millis, name, when } from '../lib/format'
import { useDebounced, useParam, useTitle } from '../lib/hooks'
import { talkLink } from '../lib/links'
import { useRowKeys } from '../lib/rows'
import { Feeling } from '../panels/Feeling'
import type { Conversation } from '../wire'
import { Facet } from './Facets'
import { FirstTurn } from './FirstTurn'
import { Pager } from './Pager'
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

/** What is asked for, as the address holds it; a changed filter begins at the first page. */
function useWanted() {
  const [, setOffset] = useParam('offset')
  const filter = ([value, set]: [string, (value: string) => void]) =>
    [
      value,
      (next: string) => {
        setOffset('')
        set(next)
      },
    ] as const
  return {
    bot: filter(useParam('bot')),
    user: filter(useParam('user')),
    emotion: filter(useParam('emotion')),
    search: filter(useParam('search')),
    least: filter(useParam('min')),
    most: filter(useParam('max')),
    order: filter(useParam('order', 'ended')),
  }
}

type Wanted = ReturnType<typeof useWanted>

export function ConversationsPage() {
  useTitle('Conversations')
  useRowKeys()
  const wanted = useWanted()
  const [offset, setOffset] = useParam('offset')
  const filters = {
    bot: wanted.bot[0],
    user: wanted.user[0],
    emotion: wanted.emotion[0],
    search: wanted.search[0].trim(),
    min_quality: hundredth(wanted.least[0]),
    max_quality: hundredth(wanted.most[0]),
  }
  const asked = useDebounced(JSON.stringify(filters), 200)
  const order = wanted.order[0] in ORDERS ? wanted.order[0] : 'ended'
  const start = Math.max(0, Number.parseInt(offset, 10) || 0)
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
  const filtered = Object.values(filters).some((value) => value !== '' && value !== undefined)
  const none = data?.total === 0 && !filtered
  return (
    <div className="pt-4" data-testid="conversations">
      <h1 className="text-2xl font-semibold tracking-tight">Conversations</h1>
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
                go={(next) => setOffset(next === 0 ? '' : String(next))}
              />
            </div>
          </div>
        </>
      )}
    </div>
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
      <label className="grid min-w-0 gap-1">
        <span className="label">Session, bot or person</span>
        <input
          type="search"
          className="field w-60 max-w-full"
          value={search}
          placeholder="all"
          onChange={(event) => setSearch(event.target.value)}
        />
      </label>
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
  bound: readonly [string, (value: string) => void]
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
    <div className="card overflow-hidden">
      <table className="w-full table-fixed text-left">
        <caption className="sr-only">
          Conversations; the keys j and k go down and up, Enter opens one
        </caption>
        <thead className="border-b border-line text-[13px] text-soft">
          <tr>
            <th className="px-3 py-2 font-medium sm:px-4">Conversation</th>
            <th className="w-28 px-2 py-2 font-medium">Quality</th>
            <th className="w-28 px-2 py-2 font-medium max-xl:hidden">Satisfaction</th>
            <th className="w-36 px-2 py-2 font-medium max-sm:hidden">Felt most</th>
            <th className="w-16 px-2 py-2 text-right font-medium max-md:hidden">Turns</th>
            <th className="w-22 px-2 py-2 text-right font-medium max-md:hidden">Reply in</th>
            <th className="w-32 px-3 py-2 text-right font-medium max-sm:w-24 sm:px-4">When</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Row key={`${row.session}\n${row.bot}\n${row.user}\n${row.started}`} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ row }: { row: Conversation }) {
  return (
    <tr className="relative border-t border-line first:border-t-0 hover:bg-sunken">
      <td className="px-3 py-2.5 sm:px-4">
        <Link
          href={talkLink(row)}
          className="row-link block truncate font-medium after:absolute after:inset-0 after:content-['']"
        >
          {name(row.session)}
        </Link>
        <span className="label block truncate">
          {row.user ? name(row.user, 40) : 'somebody'} with {name(row.bot, 40)}
          <span className="sm:hidden">{row.emotion ? ` · ${row.emotion}` : ''}</span>
        </span>
      </td>
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
    </tr>
  )
}
