// All alerts, newest first, filtered by what the address says.
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { SeverityBadge } from '../panels/AnomalyPanel'
import { Filter } from './Filter'
import { fetchAlerts } from '../lib/api'
import { clock, day, epoch, measure, name } from '../lib/format'
import { useParam, useTitle } from '../lib/hooks'
import { ALERT_TYPES, SEVERITIES } from '../lib/levels'
import { replayLink } from '../lib/links'
import type { Alert } from '../wire'

const RANGES = { '-1h': 'last hour', '-24h': 'last day', '-7d': 'last week' }

export function AlertsPage() {
  useTitle('Alerts')
  const [type, setType] = useParam('type')
  const [severity, setSeverity] = useParam('severity')
  const [session, setSession] = useParam('session')
  const [from, setFrom] = useParam('from')
  const query = useInfiniteQuery({
    queryKey: ['alerts', type, severity, session, from],
    queryFn: ({ pageParam }) =>
      fetchAlerts({ type, severity, session, from, limit: 50, cursor: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 10_000,
  })
  const alerts = query.data?.pages.flatMap((page) => page.data) ?? []
  return (
    <div className="pt-4">
      <h1 className="text-2xl font-semibold tracking-tight">Alerts</h1>
      <div className="mt-4 flex flex-wrap gap-3">
        <Filter label="Type" value={type} onChange={setType} options={words(ALERT_TYPES)} />
        <Filter
          label="Severity"
          value={severity}
          onChange={setSeverity}
          options={words(SEVERITIES)}
        />
        <Filter label="When" value={from} onChange={setFrom} options={Object.entries(RANGES)} />
        <label className="grid gap-1">
          <span className="label">Session</span>
          <input
            className="field"
            value={session}
            placeholder="all"
            onChange={(event) => setSession(event.target.value)}
          />
        </label>
      </div>
      {query.error && (
        <p role="status" className="mt-4 text-critical">
          {query.error.message}
        </p>
      )}
      <ul className="card mt-5 divide-y divide-line">
        {alerts.map((alert) => (
          <Row key={alert.id} alert={alert} />
        ))}
        {query.isSuccess && alerts.length === 0 && <li className="label p-5">No such alert.</li>}
      </ul>
      {query.hasNextPage && (
        <button type="button" className="btn mt-4" onClick={() => void query.fetchNextPage()}>
          Older
        </button>
      )}
    </div>
  )
}

function words(looks: Record<string, { word: string }>): [string, string][] {
  return Object.entries(looks).map(([key, { word }]) => [key, word])
}

function Row({ alert }: { alert: Alert }) {
  const at = epoch(alert.time)
  const { show } = measure(alert.subject)
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3">
      <span className="w-24">
        <SeverityBadge alert={alert} />
      </span>
      <span className="w-36 font-medium">{ALERT_TYPES[alert.type].word}</span>
      <Link
        href={`${replayLink(alert.session)}?t=${Math.floor(at)}`}
        className="min-w-0 truncate sm:w-48 text-accent underline underline-offset-4"
      >
        {name(alert.session)}
      </Link>
      <span className="min-w-0 flex-1 basis-80">
        {alert.message}{' '}
        <span className="label">
          ({show(alert.current)} against {show(alert.expected)})
        </span>
      </span>
      {alert.verdict && <span className="label">{alert.verdict.replace('_', ' ')}</span>}
      <time className="label" dateTime={alert.time}>
        {day(at)} {clock(at)}
      </time>
    </li>
  )
}
