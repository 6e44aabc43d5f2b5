// Replay: the session's page over stored data, with a scrubber; the address holds where it stands.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useMemo, useState } from 'react'
import { SessionPanels } from '../panels/SessionPanels'
import type { SessionView } from '../panels/view'
import type { Explain, Series, Session, Ticker } from '../frames'
import { fetchAlerts, fetchEvents, fetchExplain, fetchSeries, fetchSession } from '../lib/api'
import { clock, day, duration, epoch, name } from '../lib/format'
import { useDebounced, useParam, useTitle } from '../lib/hooks'
import { levelOf } from '../lib/levels'
import { History } from '../stream/history'
import type { Alert, EngagementField } from '../wire'
import { Scrubber } from './Scrubber'
import { SessionHeader } from './SessionHeader'
import { usePlayhead, type Playhead } from './usePlayhead'

const FIELDS: EngagementField[] = [
  'score',
  'chat_per_min',
  'active_users',
  'total_users',
  'active_share',
  'presence_known',
  'poll_participation',
  'reactions_per_min',
  'leave_rate',
]
// More points than this are drawn by the minute, and beyond a day of those by the hour.
const MAX_POINTS = 4_000

export function ReplayPage({ session }: { session: string }) {
  useTitle(`Replay of ${name(session)}`)
  const meta = useQuery({ queryKey: ['session', session], queryFn: () => fetchSession(session) })
  if (meta.error) {
    return (
      <div className="pt-6" role="status">
        <h1 className="text-2xl font-semibold">{name(session)}</h1>
        <p className="mt-2 text-critical">{meta.error.message}</p>
      </div>
    )
  }
  if (!meta.data) return <p className="label py-10">Fetching…</p>
  return <Loaded meta={meta.data} />
}

function extent(meta: Session): [number, number] {
  const from = epoch(meta.started)
  const end = meta.ended ?? meta.last_event ?? meta.at ?? meta.started
  return [Math.floor(from), Math.max(Math.ceil(epoch(end)) + 5, Math.floor(from) + 60)]
}

function Loaded({ meta }: { meta: Session }) {
  const { session } = meta
  // A live session goes on while it is replayed: its extent stays what it was when we came.
  const [whole] = useState(() => extent(meta))
  const head = usePlayhead(whole)
  const { data: stored, isPending } = useStored(session, whole)
  const settled = useDebounced(head.at, 250)
  const { data: explain } = useQuery({
    queryKey: ['explain', session, 'at', settled],
    queryFn: () => fetchExplain(session, settled),
    // Before the first point there is nothing to explain.
    enabled: (stored?.series.t[0] ?? Infinity) <= settled,
    placeholderData: keepPreviousData,
    gcTime: 10_000,
    retry: false,
  })
  const view = useReplayView(meta, stored, explain ?? null, head, isPending)
  return (
    <div data-testid="replay">
      <SessionHeader
        view={view}
        aside={
          <>
            <span>{day(whole[0])}</span>
            <span>
              {clock(head.at)}, {duration(head.at - whole[0])} in
            </span>
          </>
        }
      />
      <Scrubber head={head} alerts={stored?.alerts ?? []} />
      <SessionPanels view={view} />
    </div>
  )
}

interface Stored {
  series: Series
  alerts: Alert[]
  events: Ticker[]
}

function useStored(session: string, [from, to]: [number, number]) {
  return useQuery({
    queryKey: ['stored', session, from, to],
    queryFn: async (): Promise<Stored> => {
      const length = to - from
      const step = [5, 60, 3600].find((one) => length / one <= MAX_POINTS) ?? 3600
      const range = { from: iso(from), to: iso(to) }
      const [series, alerts, events] = await Promise.all([
        fetchSeries(session, { fields: FIELDS, step, ...range }),
        fetchAlerts({ session, limit: 500, ...range }),
        fetchEvents(session, 200).catch(() => ({ data: [] })),
      ])
      return { series, alerts: alerts.data, events: events.data }
    },
  })
}

const iso = (seconds: number) => new Date(seconds * 1000).toISOString()

function useReplayView(
  meta: Session,
  stored: Stored | undefined,
  explain: Explain | null,
  head: Playhead,
  loading: boolean,
): SessionView {
  const [selected, setSelected] = useParam('alert')
  const [judged, setJudged] = useState<Record<string, Alert>>({})
  const history = useMemo(() => {
    const kept = new History(MAX_POINTS)
    if (stored) kept.merge(stored.series.t, stored.series.fields)
    return kept
  }, [stored])
  const shown = useMemo(() => {
    const [t, scores] = history.window('score', head.from, head.to)
    return { t, scores }
  }, [history, head.from, head.to])

  const now = history.at(head.at) ?? {}
  const score = now.score ?? null
  const until = head.at
  const alerts = (stored?.alerts ?? [])
    .filter((alert) => epoch(alert.time) <= until)
    .map((alert) => judged[alert.id] ?? alert)
  return {
    mode: 'replay',
    session: meta.session,
    meta,
    at: head.at,
    score,
    level: score === null ? null : levelOf(score),
    now,
    ...shown,
    from: head.from,
    to: head.to,
    alerts,
    events: (stored?.events ?? []).filter((event) => epoch(event.at) <= until),
    explain: score === null ? null : explain,
    selected: selected || null,
    select: (alert) => setSelected(alert?.id ?? ''),
    judged: (alert) => setJudged((known) => ({ ...known, [alert.id]: alert })),
    pick: head.seek,
    loading,
  }
}
