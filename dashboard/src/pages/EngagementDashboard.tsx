// A live session: score, chart, signals, what was noticed, what is happening.
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { AlertBanner } from '../panels/AlertBanner'
import { SessionPanels } from '../panels/SessionPanels'
import type { SessionView } from '../panels/view'
import { fetchExplain } from '../lib/api'
import { duration, epoch, name } from '../lib/format'
import { useNow, useParam, useTitle } from '../lib/hooks'
import { replayLink } from '../lib/links'
import { liveConnection } from '../stream/connection'
import { useEngagementStream } from '../stream/useEngagementStream'
import { SessionHeader } from './SessionHeader'
import { Stage } from './Stage'
import type { Alert } from '../wire'

export function EngagementDashboard({ session }: { session: string }) {
  const view = useLiveView(session)
  const [stage] = useParam('stage')
  useTitle(stage === '1' ? 'Stage' : name(session))
  if (stage === '1') return <Stage view={view} />
  if (view.loading) return <Loading session={session} />
  return (
    <div data-testid="live-session">
      <SessionHeader view={view} aside={<Elapsed view={view} />} />
      {view.meta?.state === 'ended' && (
        <p className="card mb-4 p-4" role="status">
          This session has ended.{' '}
          <Link href={replayLink(session)} className="font-medium text-accent underline">
            Replay it
          </Link>
        </p>
      )}
      <AlertBanner view={view} />
      <SessionPanels view={view} />
    </div>
  )
}

function useLiveView(session: string): SessionView {
  const [minutes] = useParam('window', '5')
  const windowS = Math.min(60, Math.max(5, Number(minutes) || 5)) * 60
  const stream = useEngagementStream(session, windowS)
  const { room } = stream
  const [selected, setSelected] = useParam('alert')
  const { data: explain } = useQuery({
    queryKey: ['explain', session, room.at],
    queryFn: () => fetchExplain(session),
    enabled: room.at !== null,
    placeholderData: keepPreviousData,
    gcTime: 10_000,
  })
  const to = room.history.last ?? room.at ?? 0
  return {
    mode: 'live',
    session,
    meta: stream.meta,
    at: room.at,
    score: stream.score,
    level: stream.level,
    now: room.now,
    t: stream.points.map((point) => point.t),
    scores: stream.points.map((point) => point.score),
    from: to - windowS + 5,
    to,
    alerts: stream.alerts,
    events: stream.events,
    explain: explain ?? null,
    selected: selected || null,
    select: (alert: Alert | null) => setSelected(alert?.id ?? ''),
    judged: (alert: Alert) => room.judge(alert),
    loading: stream.loading,
  }
}

function Elapsed({ view }: { view: SessionView }) {
  const now = useNow(1000) + liveConnection().state.skew
  const { meta } = view
  if (!meta) return null
  const end = meta.state === 'ended' && meta.ended ? epoch(meta.ended) : now / 1000
  return <span>{duration(end - epoch(meta.started))} so far</span>
}

function Loading({ session }: { session: string }) {
  return (
    <div className="py-10" role="status" data-testid="loading">
      <h1 className="text-2xl font-semibold">{name(session)}</h1>
      <p className="label mt-1">Listening for this session…</p>
      <div className="card mt-6 h-72" />
      <p className="label mt-4">
        If nothing comes, no session of this name is live.{' '}
        <Link href="/" className="text-accent underline">
          See those that are
        </Link>
      </p>
    </div>
  )
}
