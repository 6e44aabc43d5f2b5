// Whether what is shown is live: live, delayed by so many seconds, or reconnecting.
import { useEffect, useSyncExternalStore } from 'react'
import { useUptime } from '../lib/hooks'
import { liveConnection } from '../stream/connection'

// The server beats every 5 s; half a beat more is still on time.
const LATE_MS = 7_500

export function ConnectionDot() {
  const connection = liveConnection()
  const state = useSyncExternalStore(connection.watchState, connection.getState)
  const now = useUptime(1000)
  useEffect(() => connection.subscribe('alerts', () => {}), [connection])

  const age = now - connection.state.lastFrame
  let tone = 'info'
  let word = 'Live'
  if (state.phase === 'connecting') [tone, word] = ['warning', 'Connecting']
  else if (state.phase === 'reconnecting') [tone, word] = ['critical', 'Reconnecting']
  else if (age > LATE_MS) [tone, word] = ['warning', `Delayed ${Math.round(age / 1000)} s`]
  return (
    <div
      className={`tone-${tone} flex items-center gap-2 rounded-full px-2 text-sm whitespace-nowrap`}
      data-testid="connection"
    >
      <span
        className={`h-2.5 w-2.5 rounded-full ${word === 'Live' ? 'pulse-dot' : ''}`}
        style={{ background: 'var(--tone)' }}
        aria-hidden="true"
      />
      <span style={{ color: 'var(--tone)' }} className="font-medium" aria-hidden="true">
        {word}
      </span>
      {/* Said once when it changes, not anew with every second of a delay. */}
      <span className="sr-only" role="status">
        {word.replace(/ \d+ s$/, '')}
      </span>
    </div>
  )
}
