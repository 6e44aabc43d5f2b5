// What a panel sees: one session at one moment, be it live or replayed.
import type { Explain, Numbers, Session, Ticker } from '../frames'
import type { Alert, Level } from '../wire'

export interface SessionView {
  mode: 'live' | 'replay'
  session: string
  meta: Session | null
  /** The moment shown, epoch seconds; in replay where the scrubber stands. */
  at: number | null
  score: number | null
  level: Level | null
  now: Numbers
  t: number[]
  scores: (number | null)[]
  from: number
  to: number
  /** Newest first, up to the moment shown. */
  alerts: Alert[]
  /** Oldest first, up to the moment shown. */
  events: Ticker[]
  explain: Explain | null
  /** The alert somebody chose, by id; else the newest is shown. */
  selected: string | null
  select: (alert: Alert | null) => void
  judged: (alert: Alert) => void
  pick?: (t: number) => void
  loading: boolean
}

export interface PanelProps {
  view: SessionView
}
