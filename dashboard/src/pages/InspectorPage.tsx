// What came in, from where, and what became of it: totals per source, and the last events with reasons.
import { useQuery } from '@tanstack/react-query'
import { Filter } from './Filter'
import { fetchInspector } from '../lib/api'
import { ago, clock, count, epoch, name } from '../lib/format'
import { useNow, useParam, useTitle } from '../lib/hooks'
import type { Inspected, Outcome, SourceTotals } from '../frames'

const OUTCOMES: Record<Outcome, { icon: string; word: string; tone: string }> = {
  accepted: { icon: '✓', word: 'Accepted', tone: 'info' },
  duplicate: { icon: '=', word: 'Duplicate', tone: 'info' },
  refused: { icon: '✕', word: 'Refused', tone: 'critical' },
  late: { icon: '◷', word: 'Late', tone: 'warning' },
  note: { icon: 'i', word: 'Note', tone: 'warning' },
}

export function InspectorPage() {
  useTitle('Ingest')
  const [source, setSource] = useParam('source')
  const [outcome, setOutcome] = useParam('outcome')
  const { data, error, isPending } = useQuery({
    queryKey: ['inspector', source, outcome],
    queryFn: () => fetchInspector({ source, outcome, limit: 100 }),
    refetchInterval: 2_000,
  })
  return (
    <div className="pt-4" data-testid="inspector">
      <h1 className="text-2xl font-semibold tracking-tight">Ingest</h1>
      <p className="mt-1 text-soft">
        What came in, from where, and what became of it. Nothing is dropped in silence.
      </p>
      {error && (
        <p role="status" className="mt-4 text-critical">
          {error.message}
        </p>
      )}
      {isPending && <p className="label mt-4">Asking…</p>}
      {data && (
        <>
          <Sources sources={data.sources} chosen={source} choose={setSource} />
          <div className="mt-6 flex flex-wrap items-end justify-between gap-3">
            <h2 className="head">Last events</h2>
            <div className="flex flex-wrap gap-3">
              <Filter
                label="Source"
                value={source}
                onChange={setSource}
                options={data.sources.map((one) => [one.source, name(one.source, 40)])}
              />
              <Filter
                label="Outcome"
                value={outcome}
                onChange={setOutcome}
                options={Object.entries(OUTCOMES).map(([key, { word }]) => [key, word])}
              />
            </div>
          </div>
          <Last events={data.data} />
        </>
      )}
    </div>
  )
}

interface SourcesProps {
  sources: SourceTotals[]
  chosen: string
  choose: (source: string) => void
}

function Sources({ sources, chosen, choose }: SourcesProps) {
  const now = useNow(1000) / 1000
  return (
    <ul className="mt-5 grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
      {sources.map((one) => (
        <li key={one.source} className="card p-4">
          <div className="flex items-center justify-between gap-3">
            <h2 className="min-w-0 truncate font-semibold">{name(one.source)}</h2>
            <button
              type="button"
              className="btn shrink-0"
              aria-pressed={chosen === one.source}
              onClick={() => choose(chosen === one.source ? '' : one.source)}
            >
              Only this
            </button>
          </div>
          <dl className="mt-3 grid grid-cols-4 gap-2">
            <Total word="accepted" value={one.accepted} />
            <Total word="duplicate" value={one.duplicates} />
            <Total word="refused" value={one.refused} tone={one.refused > 0 ? 'critical' : ''} />
            <Total word="late" value={one.late} tone={one.late > 0 ? 'warning' : ''} />
          </dl>
          <p className="label mt-2">
            {one.last_at ? `last event ${ago(now - epoch(one.last_at))}` : 'no event yet'}
          </p>
        </li>
      ))}
      {sources.length === 0 && <li className="label">No source has sent anything yet.</li>}
    </ul>
  )
}

function Total({ word, value, tone = '' }: { word: string; value: number; tone?: string }) {
  return (
    <div className={tone ? `tone-${tone}` : ''}>
      <dd
        className="text-xl leading-tight font-semibold"
        style={tone ? { color: 'var(--tone)' } : undefined}
      >
        {count(value)}
      </dd>
      <dt className="label">{word}</dt>
    </div>
  )
}

function Last({ events }: { events: Inspected[] }) {
  return (
    <ul
      className="card mt-3 max-h-[70vh] divide-y divide-line overflow-y-auto"
      aria-label="Last events, newest first"
      tabIndex={0}
    >
      {events.map((event, i) => (
        <Row key={`${event.at}${events.length - i}`} event={event} />
      ))}
      {events.length === 0 && <li className="label p-5">No such event.</li>}
    </ul>
  )
}

function Row({ event }: { event: Inspected }) {
  const look = OUTCOMES[event.outcome]
  return (
    <li className="grid gap-x-4 gap-y-1 px-4 py-2.5 sm:grid-cols-[5.5rem_7rem_8rem_minmax(0,1fr)]">
      <time className="label" dateTime={event.at}>
        {clock(epoch(event.at))}
      </time>
      <span className={`tone-${look.tone} text-sm font-semibold`} style={{ color: 'var(--tone)' }}>
        <span aria-hidden="true" className="inline-block w-5">
          {look.icon}
        </span>
        {look.word}
      </span>
      <span className="text-sm">{event.type ? name(event.type, 40) : 'unreadable'}</span>
      <div className="min-w-0 text-sm">
        {event.reason && <p>{event.reason}</p>}
        <p className="label truncate">
          {name(event.source, 40)}
          {event.session ? ` → ${name(event.session, 60)}` : ''}
        </p>
        {event.sample && (
          <p className="truncate font-mono text-xs text-soft" title={name(event.sample, 400)}>
            {name(event.sample, 400)}
          </p>
        )}
      </div>
    </li>
  )
}
