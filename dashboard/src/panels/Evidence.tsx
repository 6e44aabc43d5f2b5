// The parts that an alert's verdict was made of, as small bars.
import { decimal, percent } from '../lib/format'
import type { Alert } from '../wire'

const WORDS: Record<string, string> = {
  tree: 'Half-space trees',
  z: 'z-score',
  deficit: 'Deficit',
  slope: 'Slope',
  drop: 'Drop',
  leave_rate: 'Share that left',
  since_s: 'Trouble lasted, s',
}

export function Evidence({ alert }: { alert: Alert }) {
  const parts = Object.entries(alert.evidence)
  return (
    <div className="mt-4">
      <h3 className="label">
        Why: strength {percent(alert.score)}, by the {alert.detector} detector
      </h3>
      <dl className="mt-2 grid gap-x-6 gap-y-2 sm:grid-cols-2">
        {parts.map(([part, value]) => (
          <div key={part}>
            <div className="flex justify-between gap-3 text-sm">
              <dt className="min-w-0 truncate">{WORDS[part] ?? part.replaceAll('_', ' ')}</dt>
              <dd className="font-medium">{decimal(value)}</dd>
            </div>
            <div className="bar mt-1" aria-hidden="true">
              <i style={{ width: `${width(value)}%`, background: 'var(--tone)' }} />
            </div>
          </div>
        ))}
      </dl>
    </div>
  )
}

/** Shares fill their bar; other sizes approach its end, 3 standing at three quarters. */
function width(value: number): number {
  const size = Math.abs(value)
  const share = size <= 1 ? size : size / (size + 1)
  return Math.round(share * 100)
}
