// One conversation: what was said beside what it felt like; pointing at a turn couples all of it.
import { useInfiniteQuery } from '@tanstack/react-query'
import { useCallback, useEffect, useMemo, useState, type ReactNode } from 'react'
import { Link } from 'wouter'
import { ApiError } from '../lib/api'
import { fetchConversation, type Turn } from '../lib/conversations'
import { clock, count, duration, epoch, millis, name, score100, when } from '../lib/format'
import { useParam, useTitle } from '../lib/hooks'
import { column } from '../lib/lanes'
import { personLink } from '../lib/links'
import { useReactionsIn } from '../lib/reactions'
import { sourcesOf, turningPoints } from '../lib/turns'
import { Choice } from '../panels/Choice'
import { Feeling } from '../panels/Feeling'
import { Origin, Origins } from '../panels/Origin'
import type { Conversation } from '../wire'
import { Lanes } from './Lanes'
import { Legend } from './Legend'
import { Transcript } from './Transcript'
import { TurnValues } from './TurnValues'

const EVERY_MS = 5_000
// How many pages are fetched by themselves to reach an older conversation of the session.
const REACH = 10

function useTurns(session: string) {
  return useInfiniteQuery({
    queryKey: ['conversation', session],
    queryFn: ({ pageParam }) => fetchConversation(session, pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: (query) => (query.state.data?.pages.length === 1 ? EVERY_MS : false),
    retry: (failures, error) =>
      failures < 1 && !(error instanceof ApiError && error.status === 404),
  })
}

export function ConversationPage({ session }: { session: string }) {
  useTitle(name(session))
  const query = useTurns(session)
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage } = query
  const all = useMemo(
    () => (data?.pages.flatMap((page) => page.turns) ?? []).toReversed(),
    [data?.pages],
  )
  const talks = useMemo(() => data?.pages[0]?.conversations ?? [], [data?.pages])
  const [talk, choose] = useTalk(talks)
  const turns = useMemo(() => (talk ? all.filter((turn) => belongs(turn, talk)) : all), [all, talk])

  const [pinned] = useParam('turn')
  const oldest = all[0] ? epoch(all[0].at) : Infinity
  const begun = talk === null || epoch(talk.started) >= oldest
  const found = pinned === '' || all.some((turn) => turn.id === pinned)
  const wanting = hasNextPage && !(begun && found)
  const reaching = wanting && (data?.pages.length ?? 0) < REACH
  useEffect(() => {
    if (reaching && !isFetchingNextPage && !error) void fetchNextPage()
  }, [reaching, isFetchingNextPage, error, fetchNextPage])

  return (
    <div className="pt-4" data-testid="conversation">
      <p>
        <Link href="/conversations" className="label underline underline-offset-4">
          Conversations
        </Link>
      </p>
      <h1 className="text-2xl font-semibold tracking-tight">{name(session)}</h1>
      {error && (
        <p role="status" className="mt-3 text-critical">
          {error.message}
        </p>
      )}
      {query.isPending && (
        <p role="status" className="label mt-3" data-testid="loading">
          Fetching…
        </p>
      )}
      {data && (
        <>
          <Facts talk={talk} talks={talks} choose={choose} turns={turns} />
          <Turns
            session={session}
            turns={turns}
            older={
              hasNextPage && !reaching && (talk === null || wanting)
                ? () => void fetchNextPage()
                : null
            }
          />
        </>
      )}
    </div>
  )
}

function belongs(turn: Turn, talk: Conversation): boolean {
  return (
    turn.bot === talk.bot &&
    turn.user === talk.user &&
    turn.at >= talk.started &&
    // One that goes on may have a turn that its summary does not know yet.
    epoch(turn.at) <= epoch(talk.ended) + 1
  )
}

/** The conversation that the address names, or the newest; null shows the whole session. */
function useTalk(talks: Conversation[]): [Conversation | null, (key: string) => void] {
  const [bot, setBot] = useParam('bot')
  const [user, setUser] = useParam('user')
  const [from, setFrom] = useParam('from')
  const choose = (key: string) => {
    const talk = talks.find((one) => keyOf(one) === key)
    setBot(talk?.bot ?? '')
    setUser(talk?.user ?? '')
    setFrom(talk?.started ?? 'all')
  }
  if (from === 'all' || talks.length === 0) return [null, choose]
  const found =
    talks.find((one) => one.bot === bot && one.user === user && one.started === from) ?? talks[0]
  return [found ?? null, choose]
}

const keyOf = ({ bot, user, started }: Conversation) => `${bot}\n${user}\n${started}`

interface FactsProps {
  talk: Conversation | null
  talks: Conversation[]
  choose: (key: string) => void
  turns: Turn[]
}

function Facts({ talk, talks, choose, turns }: FactsProps) {
  const [first] = talks
  // The whole session may be one pair's, with long pauses.
  const alike = talks.every((one) => one.bot === first?.bot && one.user === first.user)
  const one = talk ?? (talks.length === 1 ? first : undefined)
  const pair = one ?? (alike ? first : undefined)
  return (
    <div className="mt-2 flex flex-wrap items-end gap-x-6 gap-y-3">
      {pair && (
        <p className="text-soft">
          <Who user={pair.user} bot={pair.bot} /> with{' '}
          <span className="font-medium text-ink">{name(pair.bot, 40)}</span>
          {one &&
            `, begun ${when(epoch(one.started))}, ${duration(epoch(one.ended) - epoch(one.started))} long`}
        </p>
      )}
      {one && (
        <dl className="flex flex-wrap gap-x-5 gap-y-1">
          <Fact word="quality" value={score100(one.quality)}>
            <Origins sources={sourcesOf(turns, 'conversation_quality')} />
          </Fact>
          <Fact word="satisfaction" value={score100(one.satisfaction)}>
            <Origins sources={sourcesOf(turns, 'conversation_quality')} />
          </Fact>
          <Fact word="turns" value={String(one.turns)}>
            <Origin source="measured" />
          </Fact>
          <Fact word="time to reply" value={millis(one.processing_time_ms)}>
            <Origins sources={sourcesOf(turns, 'response_metrics')} />
          </Fact>
          {one.emotion && (
            <div className="flex items-center gap-1.5">
              <dt className="label">felt most</dt>
              <dd className="flex items-center gap-1.5">
                <Feeling emotion={one.emotion} />
                <Origins sources={sourcesOf(turns, 'user_emotion')} />
              </dd>
            </div>
          )}
        </dl>
      )}
      {talks.length > 1 && (
        <label className="ml-auto flex max-w-full min-w-0 items-center gap-2">
          <span className="label shrink-0">Of {talks.length} in this session</span>
          <select
            className="field min-w-0"
            value={talk ? keyOf(talk) : 'all'}
            onChange={(event) => choose(event.target.value)}
          >
            {talks.map((each) => (
              <option key={keyOf(each)} value={keyOf(each)}>
                {when(epoch(each.started))}, {name(each.user || 'somebody', 24)} with{' '}
                {name(each.bot, 24)}
              </option>
            ))}
            <option value="all">all of them</option>
          </select>
        </label>
      )}
    </div>
  )
}

function Who({ user, bot }: { user: string; bot: string }) {
  if (!user) return <>Somebody</>
  return (
    <Link
      href={personLink(user, bot)}
      className="font-medium text-accent underline underline-offset-4"
    >
      {name(user, 40)}
    </Link>
  )
}

interface FactProps {
  word: string
  value: string
  children?: ReactNode
}

function Fact({ word, value, children }: FactProps) {
  return (
    <div className="flex items-center gap-1.5">
      <dt className="label">{word}</dt>
      <dd className="flex items-center gap-1.5 font-semibold">
        {value} {children}
      </dd>
    </div>
  )
}

const SPACINGS = [
  ['turn', 'by turn'],
  ['time', 'by time'],
] as const

interface TurnsProps {
  session: string
  turns: Turn[]
  older: (() => void) | null
}

function Turns({ session, turns, older }: TurnsProps) {
  const [reactions, untold] = useReactionsIn(session)
  const [hovered, setHovered] = useState<number | null>(null)
  const [within, setWithin] = useState(false)
  const [pinned, setPinned] = useParam('turn')
  const [axis, setAxis] = useParam('axis', 'turn')
  const spacing = axis === 'time' ? 'time' : 'turn'
  const found = pinned ? turns.findIndex((turn) => turn.id === pinned) : -1
  const at = hovered !== null && hovered < turns.length ? hovered : found < 0 ? null : found
  const turning = useMemo(() => turningPoints(column(turns, 'user_emotion', 'valence')), [turns])

  const pin = useCallback(
    (index: number | null) => {
      setHovered(null)
      setPinned(index === null ? '' : (turns[index]?.id ?? ''))
    },
    [turns, setPinned],
  )
  const fromList = useCallback((index: number | null) => {
    setWithin(index !== null)
    setHovered(index)
  }, [])
  const fromLanes = useCallback((index: number | null) => {
    setWithin(false)
    setHovered(index)
  }, [])
  const turn = at === null ? undefined : turns[at]
  return (
    <div className="mt-4 grid items-start gap-4 xl:grid-cols-[minmax(0,25rem)_minmax(0,1fr)]">
      <section
        className="card p-3 max-xl:order-2 sm:p-4 xl:sticky xl:top-18"
        aria-labelledby="said"
      >
        <h2 id="said" className="head px-1 pb-1">
          What was said
        </h2>
        {untold > 0 && (
          <p className="label px-1 pb-1">
            {count(untold)} older reactions of this session are not shown here.
          </p>
        )}
        <Transcript
          turns={turns}
          reactions={reactions}
          at={at}
          pinned={found < 0 ? null : found}
          within={within}
          turning={turning}
          older={older}
          point={fromList}
          pin={pin}
        />
      </section>
      <div className="min-w-0 max-xl:contents">
        <section className="card min-w-0 p-3 max-xl:order-1 sm:p-5" aria-labelledby="felt">
          <div className="mb-2 flex flex-wrap items-center justify-between gap-2">
            <h2 id="felt" className="head">
              What it felt like
              <span className="label block font-normal" data-testid="at">
                {turn
                  ? `Turn ${at! + 1} of ${turns.length}, ${clock(epoch(turn.at))}`
                  : `Means of ${turns.length} turns; point at one for its own values`}
              </span>
            </h2>
            <Choice label="Axis" value={spacing} options={SPACINGS} onChange={setAxis} />
          </div>
          <Legend />
          <Lanes
            turns={turns}
            at={at}
            turning={turning}
            spacing={spacing}
            point={fromLanes}
            pin={pin}
          />
        </section>
        <TurnValues
          turn={turn ?? null}
          index={at ?? 0}
          close={found >= 0 ? () => pin(null) : null}
        />
      </div>
    </div>
  )
}
