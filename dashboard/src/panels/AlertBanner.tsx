// The open alert across the page: loud for CRITICAL only, and it can be muted for ten minutes.
import { useState } from 'react'
import { epoch, measure } from '../lib/format'
import { ALERT_TYPES, SEVERITIES } from '../lib/levels'
import { useNow } from '../lib/hooks'
import { liveConnection } from '../stream/connection'
import type { PanelProps } from './view'

const MUTE_MS = 600_000
// An alert that nobody closed is old news after this long.
const FRESH_S = 600

export function AlertBanner({ view }: PanelProps) {
  const [muted, setMuted] = useState<{ until: number } | null>(null)
  const now = useNow(5_000)
  const alert = view.alerts[0]
  if (!alert || alert.type === 'RECOVERED' || alert.severity === 'INFO') return null
  const server = (now + liveConnection().state.skew) / 1000
  if (alert.verdict !== '' || server - epoch(alert.time) > FRESH_S) return null
  if (muted && now < muted.until) return null
  const severity = SEVERITIES[alert.severity]
  const type = ALERT_TYPES[alert.type]
  const { unit, show } = measure(alert.subject)
  return (
    <div
      role={alert.severity === 'CRITICAL' ? 'alert' : 'status'}
      className={`tone-${severity.tone} arrive mb-4 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-2xl border px-4 py-3`}
      style={{ background: 'var(--wash)', borderColor: 'var(--tone)' }}
      data-testid="banner"
    >
      <p className="min-w-0 flex-1 basis-72">
        <strong style={{ color: 'var(--tone)' }}>
          <span aria-hidden="true">{severity.icon} </span>
          {severity.word}: {type.word}
        </strong>{' '}
        <span>
          {show(alert.current)} {unit}, expected {show(alert.expected)}
        </span>
      </p>
      <button type="button" className="btn" onClick={() => setMuted({ until: now + MUTE_MS })}>
        Mute 10 min
      </button>
    </div>
  )
}
