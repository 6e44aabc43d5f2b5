// All reactions, found by meaning, state, bot, person or session; each opens with what was said.
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Fragment } from 'react'
import { useBots } from '../lib/bots'
import { epoch, name, when } from '../lib/format'
import { useDebounced, useParam } from '../lib/hooks'
import { useFilter, useOffset } from '../lib/offset'
import {
  fetchReactions,
  LOOKS,
  MEANINGS,
  REACTIONS,
  review,
  STATES,
  type Reacted,
  type Reactions,
  type ReactionWord,
} from '../lib/reactions'
import { useRowKeys } from '../lib/rows'
import { Holds } from '../panels/Meaning'
import { OpinionBars } from '../panels/OpinionBars'
import { ReactedTo } from '../panels/ReactedTo'
import { ReviewWords } from '../panels/ReviewWords'
import { Filter } from './Filter'
import { Pager } from './Pager'
import { Search } from './Search'

const SIZE = 50
const HISTORY = [...REACTIONS, 'history']

export function ReactionHistory() {
  useRowKeys()
  const meaning = useFilter('meaning')
  const state = useFilter('state')
  const bot = useFilter('bot')
  const user = useFilter('user')
  const session = useFilter('session')
  const target = useFilter('target')
  const search = useFilter('search')
  const [start, go] = useOffset()
  const filters = {
    meaning: meaning[0],
    state: state[0],
    bot: bot[0],
    user: user[0].trim(),
    session: session[0].trim(),
    target: target[0],
    search: search[0].trim(),
  }
  const asked = useDebounced(JSON.stringify(filters), 200)
  const { data, error, isPending } = useQuery({
    queryKey: [...HISTORY, asked, start],
    queryFn: () =>
      fetchReactions({ ...(JSON.parse(asked) as typeof filters), offset: start, limit: SIZE }),
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  })
  const { data: bots } = useBots()
  return (
    <div data-testid="history">
      <div className="flex flex-wrap items-end gap-3" role="search" aria-label="Reactions">
        <Search label="Name or emoji" value={search[0]} onChange={search[1]} wide="w-40" />
        <Search label="Person" value={user[0]} onChange={user[1]} wide="w-40" />
        <Search label="Session" value={session[0]} onChange={session[1]} wide="w-40" />
        <Filter
          label="Meaning"
          value={meaning[0]}
          onChange={meaning[1]}
          options={MEANINGS.map((one) => [one, LOOKS[one].word])}
        />
        <Filter
          label="State"
          value={state[0]}
          onChange={state[1]}
          options={Object.entries(STATES)}
        />
        <Filter
          label="Bot"
          value={bot[0]}
          onChange={bot[1]}
          options={(bots ?? []).map((one) => [one, name(one, 40)])}
        />
        {target[0] && (
          <button type="button" className="btn" onClick={() => target[1]('')}>
            On one message <span aria-hidden="true">✕</span>
            <span className="sr-only">: show all messages</span>
          </button>
        )}
      </div>
      {error && (
        <p role="status" className="mt-3 text-critical">
          {error.message}
        </p>
      )}
      {isPending && (
        <p role="status" className="label mt-3">
          Asking…
        </p>
      )}
      {data && (
        <div className="mt-4">
          <Table rows={data.reactions} />
          <Pager
            offset={start}
            shown={data.reactions.length}
            total={data.total}
            size={SIZE}
            go={go}
          />
        </div>
      )}
    </div>
  )
}

function Table({ rows }: { rows: Reacted[] }) {
  const [open, setOpen] = useParam('open')
  if (rows.length === 0) {
    return (
      <p className="card p-5 text-soft" role="status">
        No such reaction. Widen the search or the choices.
      </p>
    )
  }
  return (
    <div className="card overflow-hidden">
      <table className="w-full table-fixed text-left">
        <caption className="sr-only">
          Reactions, the newest first; the keys j and k go down and up, Enter opens one
        </caption>
        <thead className="border-b border-line text-[13px] text-soft">
          <tr>
            <th className="w-16 px-3 py-2 font-medium sm:px-4">
              <span className="sr-only">Emoji</span>
            </th>
            <th className="px-2 py-2 font-medium">Reaction</th>
            <th className="px-0 py-2 font-medium max-md:w-0 md:w-60 md:px-2">
              <span className="max-md:hidden">Whose word holds</span>
            </th>
            <th className="w-28 px-3 py-2 text-right font-medium sm:px-4">When</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <Fragment key={row.id}>
              <Row
                row={row}
                open={row.id === open}
                toggle={() => setOpen(row.id === open ? '' : row.id)}
              />
              {row.id === open && <Opened row={row} />}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface RowProps {
  row: Reacted
  open: boolean
  toggle: () => void
}

function Row({ row, open, toggle }: RowProps) {
  const who = row.user ? name(row.user, 40) : 'somebody'
  return (
    <tr className="relative border-t border-line first:border-t-0 hover:bg-sunken">
      <td className="px-3 py-2 text-2xl sm:px-4" aria-hidden="true">
        {name(row.emoji, 20)}
      </td>
      <td className="px-2 py-2">
        <button
          type="button"
          aria-expanded={open}
          className="row-link block w-full truncate text-left font-medium after:absolute after:inset-0 after:content-['']"
          onClick={toggle}
        >
          <span className="sr-only">{name(row.emoji, 20)} on: </span>
          {row.reply === null ? 'a message that is not known' : name(row.reply, 200)}
        </button>
        <span className="label block truncate">
          {who}
          {row.bot && ` to ${name(row.bot, 40)}`} · {STATES[row.state]}
        </span>
        <span className="md:hidden">
          <Holds reaction={row} />
        </span>
      </td>
      {/* Not gone on phones, only empty: what opens below spans all columns there are. */}
      <td className="py-2 md:px-2">
        <span className="max-md:hidden">
          <Holds reaction={row} />
        </span>
      </td>
      <td className="px-3 py-2 text-right sm:px-4">
        <time className="label" dateTime={row.at}>
          {when(epoch(row.at))}
        </time>
      </td>
    </tr>
  )
}

function Opened({ row }: { row: Reacted }) {
  const client = useQueryClient()
  const { mutate, isPending, error } = useMutation({
    mutationFn: (word: ReactionWord) => review(row.id, word),
    networkMode: 'always',
    onSuccess: (answer) => {
      // The archive comes after the answer; what it is asked for at once may still be the old one.
      client.setQueriesData<Reactions>(
        { queryKey: HISTORY },
        (page) =>
          page && {
            ...page,
            reactions: page.reactions.map((one) => (one.id === answer.id ? answer : one)),
          },
      )
      void client.invalidateQueries({
        queryKey: REACTIONS,
        predicate: ({ queryKey }) => queryKey[1] !== HISTORY[1],
      })
    },
  })
  return (
    <tr>
      <td
        colSpan={4}
        aria-label="What was said around it"
        className="border-t border-line px-3 py-4 sm:px-4"
      >
        <div className="grid items-start gap-5 md:grid-cols-[minmax(0,1fr)_minmax(0,22rem)]">
          <div className="min-w-0">
            <ReactedTo reaction={row} />
          </div>
          <div className="grid gap-4">
            <OpinionBars reaction={row} />
            {row.review && (
              <p className="text-sm">
                {name(row.review.by, 60)} said{' '}
                {row.review.meaning
                  ? LOOKS[row.review.meaning].word.toLowerCase()
                  : 'that it cannot be told'}
                , {when(epoch(row.review.at))}.
              </p>
            )}
            {row.state === 'retracted' ? (
              <p className="label">It was taken back; there is nothing to say of it.</p>
            ) : (
              <ReviewWords reaction={row} say={mutate} disabled={isPending} />
            )}
            {error && (
              <p role="alert" className="text-sm text-critical">
                Your word was not taken: {error.message}
              </p>
            )}
          </div>
        </div>
      </td>
    </tr>
  )
}
