// Pulse: how all rooms are, the worst first, and what was noticed lately.
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { fetchSessions } from '../lib/api'
import { day, duration, epoch, name, score100 } from '../lib/format'
import { useTitle } from '../lib/hooks'
import { replayLink } from '../lib/links'
import { usePulse } from '../stream/pulse'
import { FirstEvent } from './FirstEvent'
import { headlines } from './headlines'
import { SessionTile } from './SessionTile'
import { AlertFeed } from './AlertFeed'

export function PulsePage() {
  const pulse = usePulse()
  useTitle('Pulse')
  const sessions = pulse.worstFirst()
  if (!pulse.known) {
    return (
      <p className="py-10 text-soft" role="status" data-testid="loading">
        Listening…
      </p>
    )
  }
  return (
    <div data-testid="pulse">
      {sessions.length === 0 ? (
        <>
          <h1 className="pt-4 text-2xl font-semibold tracking-tight">No room is live</h1>
          <Ended />
          <FirstEvent />
        </>
      ) : (
        <>
          <header className="pt-4 pb-6">
            <h1 className="sr-only">Pulse</h1>
            <div className="max-w-4xl text-xl text-pretty leading-snug font-medium tracking-tight sm:text-2xl">
              {headlines(sessions, pulse.count, pulse.alerts).map((one, i) => (
                <p key={one} className={i === 0 ? '' : 'mt-1 text-base font-normal text-soft'}>
                  {one}
                </p>
              ))}
            </div>
          </header>
          <div className="grid items-start gap-6 xl:grid-cols-[minmax(0,1fr)_340px]">
            <section
              aria-label="Live sessions, worst first"
              className="grid gap-4 sm:grid-cols-2 2xl:grid-cols-3"
            >
              {sessions.map((session) => (
                <SessionTile key={session.session} session={session} />
              ))}
            </section>
            <AlertFeed alerts={pulse.alerts} isLive={(id) => pulse.sessions.has(id)} />
          </div>
        </>
      )}
      {sessions.length > 0 && <Ended />}
    </div>
  )
}

function Ended() {
  const { data } = useQuery({
    queryKey: ['sessions', 'ended'],
    queryFn: () => fetchSessions({ state: 'ended', limit: 12 }),
    refetchInterval: 60_000,
  })
  const sessions = data?.data ?? []
  if (sessions.length === 0) return null
  return (
    <section className="mt-8" aria-labelledby="ended-head">
      <h2 id="ended-head" className="head mb-2">
        Over, to be replayed
      </h2>
      <ul className="grid gap-2 sm:grid-cols-2 xl:grid-cols-3">
        {sessions.map((session) => (
          <li key={session.session}>
            <Link
              href={replayLink(session.session)}
              className="card flex items-baseline justify-between gap-3 px-4 py-3 hover:border-soft"
            >
              <span className="min-w-0 truncate font-medium">{name(session.session)}</span>
              <span className="label whitespace-nowrap">
                {day(epoch(session.started))}
                {session.ended
                  ? `, ${duration(epoch(session.ended) - epoch(session.started))}`
                  : ''}
                {session.score === null ? '' : `, ${score100(session.score)}`}
              </span>
            </Link>
          </li>
        ))}
      </ul>
    </section>
  )
}
