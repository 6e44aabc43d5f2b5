// How the server is: each part, what to do about one that is unwell, and its main numbers as lines.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Trend } from '../charts/Trend'
import { fetchSystem } from '../lib/api'
import { DASH, decimal, name } from '../lib/format'
import { useTitle } from '../lib/hooks'
import { Keys } from './Keys'
import {
  grown,
  KEPT,
  MEASURES,
  NO_LINES,
  type Lines,
  type Measure,
  type SystemPart,
  type SystemStatus,
} from '../lib/system'

const EVERY_MS = 2_000

const STATUS: Record<SystemStatus, { icon: string; tone: string; word: string; says: string }> = {
  ready: { icon: '✓', tone: 'info', word: 'Ready', says: 'Every part works.' },
  degraded: {
    icon: '!',
    tone: 'warning',
    word: 'Degraded',
    says: 'Events are taken and kept all the same; something else does not work.',
  },
  'not ready': {
    icon: '✕',
    tone: 'critical',
    word: 'Not ready',
    says: 'No event can be acknowledged; whoever sends should keep and repeat.',
  },
}

export function ServerPage() {
  useTitle('Server')
  const client = useQueryClient()
  // The lines are kept with the answers, so that they are still there when one comes back.
  const {
    data: lines,
    error,
    isPending,
  } = useQuery({
    queryKey: ['system'],
    queryFn: async () => {
      const now = await fetchSystem()
      return grown(client.getQueryData<Lines>(['system']) ?? NO_LINES, now)
    },
    refetchInterval: EVERY_MS,
  })
  const data = lines?.last
  const status = data && STATUS[data.status]
  const parts = data ? [...data.parts].sort((a, b) => Number(a.ok) - Number(b.ok)) : []
  return (
    <div className="pt-4" data-testid="server">
      <h1 className="text-2xl font-semibold tracking-tight">Server</h1>
      {error && (
        <p role="status" className="mt-4 text-critical">
          The server does not answer: {error.message} It is asked again every two seconds.
        </p>
      )}
      {isPending && <p className="label mt-4">Asking…</p>}
      {status && (
        <p role="status" className={`tone-${status.tone} mt-1`}>
          <span className="font-semibold" style={{ color: 'var(--tone)' }}>
            <span aria-hidden="true">{status.icon} </span>
            {status.word}.
          </span>{' '}
          <span className="text-soft">
            {status.says} Release {data.version}.
          </span>
        </p>
      )}
      {parts.length > 0 && (
        <ul className="mt-5 grid gap-4 sm:grid-cols-2 xl:grid-cols-3" aria-label="Parts">
          {parts.map((part) => (
            <Part key={part.name} part={part} />
          ))}
        </ul>
      )}
      {data && (
        <>
          <h2 className="head mt-8">The last five minutes</h2>
          <ul
            className="mt-3 grid gap-4 sm:grid-cols-2 lg:grid-cols-3"
            aria-label="Numbers over the last five minutes"
          >
            {MEASURES.map((measure) => (
              <Line key={measure.key} measure={measure} values={lines?.values[measure.key] ?? []} />
            ))}
          </ul>
          <p className="label mt-4">
            All of them, for Prometheus:{' '}
            <a className="underline" href="/metrics">
              /metrics
            </a>
          </p>
        </>
      )}
      <Keys />
    </div>
  )
}

function Part({ part }: { part: SystemPart }) {
  const tone = part.ok ? 'info' : part.vital ? 'critical' : 'warning'
  return (
    <li className={`card tone-${tone} p-4`}>
      <h2 className="flex items-center justify-between gap-3 font-semibold">
        <span className="min-w-0 truncate">{name(part.name, 60)}</span>
        <span className="shrink-0 text-sm" style={{ color: 'var(--tone)' }}>
          <span aria-hidden="true">{part.ok ? '✓' : part.vital ? '✕' : '!'} </span>
          {part.ok ? 'works' : 'does not work'}
        </span>
      </h2>
      <p className="mt-1 text-sm break-words text-soft">{part.detail}</p>
      {!part.ok && part.remedy && (
        <p className="mt-2 text-sm">
          <span className="font-semibold">What to do:</span> {part.remedy}
        </p>
      )}
    </li>
  )
}

function Line({ measure, values }: { measure: Measure; values: (number | null)[] }) {
  const known = values.filter((value) => value !== null)
  const last = values.at(-1) ?? null
  const shown = (value: number) => decimal(value) + (measure.unit ? ` ${measure.unit}` : '')
  const most = known.length > 0 ? Math.max(...known) : null
  const told =
    last === null
      ? `${measure.word}: this process does not have it, or not yet`
      : `${measure.word}: ${shown(last)} now, ${shown(most ?? last)} at most in five minutes`
  return (
    <li className="card p-4">
      <h3 className="flex items-baseline justify-between gap-3">
        <span className="font-semibold">{measure.word}</span>
        <span className="text-xl font-semibold">{last === null ? DASH : shown(last)}</span>
      </h3>
      <Trend values={values} points={KEPT} label={told} />
      <p className="label mt-1 flex justify-between gap-3">
        <span>{measure.meaning}</span>
        {most !== null && <span className="shrink-0">at most {shown(most)}</span>}
      </p>
    </li>
  )
}
