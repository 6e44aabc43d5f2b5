// Four signals, each with its value, its weight in the score, what it gives and what it could.
import type { Part, PartName } from '../frames'
import { count, DASH, percent, points } from '../lib/format'
import type { PanelProps, SessionView } from './view'

interface Card {
  part: PartName
  title: string
  value: (view: SessionView) => string
  unit: (view: SessionView) => string
  note?: (view: SessionView) => string | null
}

const CARDS: Card[] = [
  {
    part: 'chat',
    title: 'Chat',
    value: ({ now }) => count(now.chat_per_min),
    unit: () => 'messages a minute',
  },
  {
    part: 'active',
    title: 'Active people',
    value: ({ now }) => count(now.active_users),
    unit: ({ now }) => (now.total_users ? `of ${count(now.total_users)} in the room` : 'people'),
    note: ({ now }) => (now.presence_known === 0 ? 'estimated' : null),
  },
  {
    part: 'polls',
    title: 'Poll',
    value: ({ now }) => percent(now.poll_participation),
    unit: ({ now }) =>
      typeof now.poll_participation === 'number' ? 'have voted' : 'no poll is open',
  },
  {
    part: 'reactions',
    title: 'Reactions',
    value: ({ now }) => count(now.reactions_per_min),
    unit: ({ now }) =>
      typeof now.reactions_per_min === 'number' ? 'a minute' : 'this room sends none',
  },
]

export function SignalsPanel({ view }: PanelProps) {
  const parts = new Map(view.explain?.parts.map((part) => [part.name, part]))
  return (
    <section aria-label="Signals" className="grid grid-cols-2 gap-3 sm:gap-4 xl:grid-cols-4">
      {CARDS.map((card) => (
        <SignalCard key={card.part} card={card} view={view} part={parts.get(card.part) ?? null} />
      ))}
      <Leaving view={view} part={parts.get('leaving') ?? null} />
    </section>
  )
}

function SignalCard({ card, view, part }: { card: Card; view: SessionView; part: Part | null }) {
  const note = card.note?.(view)
  return (
    <article className="card min-w-0 p-4" data-testid={`signal-${card.part}`}>
      <div className="flex items-center justify-between gap-2">
        <h3 className="label">{card.title}</h3>
        {note && (
          <span
            className="rounded-full border border-dashed border-[var(--line-strong)] px-2 text-xs text-soft"
            title="Joins and leaves are not told, so this counts who acted in the last 30 minutes."
          >
            {note}
          </span>
        )}
      </div>
      <p className="mt-1 text-3xl leading-tight font-semibold tracking-tight">{card.value(view)}</p>
      <p className="label">{card.unit(view)}</p>
      <Weight part={part} />
    </article>
  )
}

function Weight({ part }: { part: Part | null }) {
  if (!part) return <p className="label mt-3">{DASH}</p>
  if (!part.known) return <p className="label mt-3">not in the score</p>
  return (
    <div className="mt-3">
      <div className="bar" aria-hidden="true">
        <i style={{ width: `${Math.round((part.normalised ?? 0) * 100)}%` }} />
      </div>
      <dl className="mt-2 flex flex-wrap justify-between gap-x-3 text-[13px]">
        <div className="flex gap-1">
          <dt className="text-soft">gives</dt>
          <dd className="font-medium">
            {points(part.contribution)}{' '}
            <span className="font-normal text-soft">of {points(part.weight)}</span>
          </dd>
        </div>
        <div className="flex gap-1">
          <dt className="text-soft">could win</dt>
          <dd className="font-medium">{points(part.gain, true)}</dd>
        </div>
      </dl>
    </div>
  )
}

function Leaving({ view, part }: { view: SessionView; part: Part | null }) {
  const rate = view.now.leave_rate
  let text: string
  if (rate === null || rate === undefined) {
    text = 'Whether people leave is not known here: the source tells no joins and leaves.'
  } else if (rate === 0) {
    text = 'Nobody left in the last minute: no penalty.'
  } else {
    const cost = part ? points(part.contribution, true) : DASH
    text = `${percent(rate)} of those here a minute ago have left: ${cost} points.`
  }
  return (
    <p className="label col-span-full px-1" data-testid="leaving">
      {text}
    </p>
  )
}
