// The parts that an alert's verdict was made of: those that weigh as small bars, the rest as facts.
import { count, decimal, DASH, percent } from '../lib/format'
import type { Alert } from '../wire'

interface Weighed {
  part: string
  word: string
  show: (value: number) => string
  /** How much of its bar a value fills, 0 to 1. */
  fill: (value: number, evidence: Alert['evidence']) => number
}

// A z-score of three counts as full in the documents' mix; twice the alarm's threshold fills a bar.
const FULL_Z = 3
const overThreshold = (value: number, evidence: Alert['evidence']) =>
  value / (2 * (evidence.threshold || value || 1))

const WEIGHED: Weighed[] = [
  { part: 'share_lost', word: 'Activity lost', show: percent, fill: (value) => value },
  { part: 'share_left', word: 'People who left', show: percent, fill: (value) => value },
  { part: 'deficit', word: 'Deficit', show: decimal, fill: overThreshold },
  { part: 'novelty', word: 'Novelty', show: decimal, fill: overThreshold },
  { part: 'tree', word: 'Half-space trees', show: decimal, fill: (value) => value },
  { part: 'z', word: 'z-score', show: decimal, fill: (value) => value / FULL_Z },
  { part: 'combined', word: 'Trees 70 % + z 30 %', show: decimal, fill: (value) => value },
]

const FACTS: Record<string, string> = {
  threshold: 'alarm from a deficit of',
  budget_per_h: 'alarms an hour allowed',
  window_s: 'window, s',
  counted: 'acts counted',
  expected_count: 'acts expected',
  since_s: 'trouble lasted, s',
  within_s: 'within, s',
  age_s: 'silent for, s',
  limit_s: 'alarm after, s',
  every_s: 'a beat every, s',
  usual_leavers_15s: 'usual leavers in 15 s',
}

// Whether the trees have seen enough to be asked is said beside them, not as a number.
const SILENT = new Set(['tree_ready'])

export function Evidence({ alert }: { alert: Alert }) {
  const { evidence } = alert
  const known = (part: string) => typeof evidence[part] === 'number'
  const weighed = WEIGHED.filter(({ part }) => known(part))
  const names = new Set([...weighed.map(({ part }) => part), ...SILENT])
  const facts = Object.keys(evidence).filter((part) => known(part) && !names.has(part))
  // Good news needs no proof: its one number stands in its sentence.
  if (alert.type === 'RECOVERED' || weighed.length + facts.length === 0) return null
  return (
    <div className="mt-4" data-testid="evidence">
      <h3 className="label">
        Why{alert.score > 0 ? `, with strength ${percent(alert.score)}` : ''}
      </h3>
      <dl className="mt-2 grid gap-x-6 gap-y-2.5 sm:grid-cols-2">
        {weighed.map(({ part, word, show, fill }) => (
          <div key={part} className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 text-sm">
            <dt>
              {word}
              {part === 'tree' && evidence.tree_ready === 0 && (
                <span className="label"> (still learning)</span>
              )}
            </dt>
            <dd className="font-medium">{show(evidence[part]!)}</dd>
            <dd className="bar col-span-2 mt-1" aria-hidden="true">
              <i
                style={{
                  width: `${Math.round(Math.min(1, Math.max(0, fill(evidence[part]!, evidence))) * 100)}%`,
                  background: 'var(--tone)',
                }}
              />
            </dd>
          </div>
        ))}
      </dl>
      {facts.length > 0 && (
        <details className="label mt-3">
          <summary className="underline underline-offset-4">All numbers</summary>
          <dl className="mt-1 flex flex-wrap gap-x-4 gap-y-0.5">
            {facts.map((part) => (
              <div key={part} className="flex gap-1.5">
                <dt>{FACTS[part] ?? part.replaceAll('_', ' ')}</dt>
                <dd className="font-medium text-ink">{fact(evidence[part]!)}</dd>
              </div>
            ))}
          </dl>
        </details>
      )}
    </div>
  )
}

function fact(value: number): string {
  if (!Number.isFinite(value)) return DASH
  return Math.abs(value) < 10 ? decimal(value) : count(value)
}
