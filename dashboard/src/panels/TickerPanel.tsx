// What happened lately, newest first. Names and texts come from strangers: they stay text nodes.
import type { Ticker } from '../frames'
import { clock, epoch, name } from '../lib/format'
import type { PanelProps } from './view'

const SHOWN = 60
const LONGEST_TEXT = 500

export function TickerPanel({ view }: PanelProps) {
  const events = view.events.slice(-SHOWN).toReversed()
  return (
    <section className="card p-4 sm:p-5" aria-labelledby="ticker-head">
      <h2 id="ticker-head" className="head">
        What is happening
      </h2>
      {events.length === 0 ? (
        <p className="label mt-1">
          {view.mode === 'live'
            ? 'Nothing came yet.'
            : 'The last events of this session are not at hand for this moment.'}
        </p>
      ) : (
        <ol
          className="mt-2 h-96 overflow-y-auto pr-1"
          tabIndex={0}
          aria-label="Events, newest first"
          data-testid="ticker"
        >
          {events.map((event, i) => (
            <Row key={`${event.at}${event.user}${events.length - i}`} event={event} />
          ))}
        </ol>
      )}
    </section>
  )
}

const VERBS: Record<string, string> = {
  join: 'came in',
  leave: 'left',
  poll_opened: 'opened a poll',
  poll_vote: 'voted',
  poll_closed: 'closed the poll',
  heartbeat: 'the feed is alive',
}

function Row({ event }: { event: Ticker }) {
  const { type, user, emoji, role } = event
  const text = event.text && name(event.text, LONGEST_TEXT)
  const quiet = type !== 'message' && type !== 'reaction'
  return (
    <li className="flex gap-3 border-b border-line/60 py-1.5 last:border-0">
      <time className="label shrink-0 pt-px" dateTime={event.at}>
        {clock(epoch(event.at))}
      </time>
      <p className={`min-w-0 flex-1 ${quiet ? 'text-soft' : ''}`}>
        <span className={quiet ? '' : 'font-semibold'}>{user ? name(user, 40) : 'somebody'}</span>
        {role && role !== 'user' && (
          <span className="ml-1.5 rounded-full bg-sunken px-1.5 text-xs text-soft">{role}</span>
        )}{' '}
        {type === 'message' ? (
          <span>{text}</span>
        ) : type === 'reaction' ? (
          <span>{text === 'remove' ? `took back ${emoji}` : emoji}</span>
        ) : (
          <span>
            {VERBS[type] ?? type}
            {text ? `: ${text}` : ''}
          </span>
        )}
      </p>
    </li>
  )
}
