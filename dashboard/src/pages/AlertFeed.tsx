// The newest alerts of all sessions, each a way into its session.
import { Link } from 'wouter'
import { ago, epoch, name } from '../lib/format'
import { useNow } from '../lib/hooks'
import { ALERT_TYPES, SEVERITIES } from '../lib/levels'
import { liveLink, replayLink } from '../lib/links'
import { liveConnection } from '../stream/connection'
import type { Alert } from '../wire'

const SHOWN = 8

interface Props {
  alerts: Alert[]
  /** Whether a session is live; the alerts of others lead to their replay. */
  isLive: (session: string) => boolean
}

export function AlertFeed({ alerts, isLive }: Props) {
  const now = (useNow(5_000) + liveConnection().state.skew) / 1000
  return (
    <section className="card p-4" aria-labelledby="feed-head">
      <div className="flex items-baseline justify-between">
        <h2 id="feed-head" className="head">
          Noticed
        </h2>
        <Link href="/alerts" className="text-sm text-accent underline underline-offset-4">
          All alerts
        </Link>
      </div>
      {alerts.length === 0 && <p className="label mt-1">Nothing yet.</p>}
      <ul className="mt-2 grid gap-1">
        {alerts.slice(0, SHOWN).map((alert) => {
          const look = SEVERITIES[alert.severity]
          return (
            <li key={alert.id} className={`tone-${look.tone} arrive`}>
              <Link
                href={
                  isLive(alert.session)
                    ? liveLink(alert.session)
                    : `${replayLink(alert.session)}?t=${Math.floor(epoch(alert.time))}`
                }
                className="block rounded-xl px-3 py-2 hover:bg-sunken"
              >
                <span className="flex items-baseline justify-between gap-2">
                  <span className="text-sm font-semibold" style={{ color: 'var(--tone)' }}>
                    <span aria-hidden="true">{look.icon} </span>
                    {look.word}: {ALERT_TYPES[alert.type].word}
                  </span>
                  <time className="label whitespace-nowrap" dateTime={alert.time}>
                    {ago(now - epoch(alert.time))}
                  </time>
                </span>
                <span className="block text-sm">
                  <span className="font-medium">{name(alert.session, 40)}</span>
                  <span className="text-soft"> · {alert.message}</span>
                </span>
              </Link>
            </li>
          )
        })}
      </ul>
    </section>
  )
}
