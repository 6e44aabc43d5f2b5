// What the server answers and pushes, as docs/wire.md has it (tests/test_types.py holds them together).
import type { Alert, EngagementField, Level } from './wire'

export type Numbers = Partial<Record<EngagementField, number | null>>
export type Columns = Partial<Record<EngagementField, (number | null)[]>>

export interface Session {
  session: string
  state: 'live' | 'history' | 'ended'
  started: string
  last_event: string | null
  ended: string | null
  at: string | null
  score: number | null
  level: Level | null
  fields: Numbers
  spark: (number | null)[]
  spark_from: number | null
  messages: number
  reactions: number
  votes: number
  people: number
  alarms: number
  late: number
  trouble: Alert | null
}

export interface Ticker {
  at: string
  session: string
  type: string
  user: string | null
  text: string | null
  emoji: string | null
  role: string | null
}

export type PartName = 'chat' | 'polls' | 'active' | 'reactions' | 'leaving'

export interface Part {
  name: PartName
  label: string
  raw: number | null
  normalised: number | null
  weight: number
  contribution: number
  gain: number
  known: boolean
  note: string
}

export interface Explain {
  session: string
  at: string
  score: number
  level: Level
  seed_weights: boolean
  parts: Part[]
  raise_most: { name: PartName; gain: number; how: string } | null
}

export interface Series {
  measurement: string
  session: string
  step_s: number
  t: number[]
  fields: Columns
}

export type Outcome = 'accepted' | 'duplicate' | 'refused' | 'late' | 'note'

export interface Inspected {
  at: string
  source: string
  outcome: Outcome
  type: string | null
  session: string | null
  reason: string | null
  sample: string | null
}

export interface SourceTotals {
  source: string
  accepted: number
  duplicates: number
  refused: number
  late: number
  last_at: string | null
}

export interface Inspector {
  sources: SourceTotals[]
  data: Inspected[]
}

export interface Page<T> {
  data: T[]
  next_cursor: string | null
}

// Frames of /v1/live. Every frame also has `topic`, `kind` and `seq`.
interface Base {
  topic: string
  seq?: number
}

export interface PulseSnapshot extends Base {
  topic: 'pulse'
  kind: 'snapshot'
  sessions: Session[]
  count: number
  alerts: Alert[]
}

export interface PulseTick extends Base {
  topic: 'pulse'
  kind: 'tick'
  t: number
  count: number
  sessions: string[]
  score: (number | null)[]
  fields: Columns
}

export interface PulseChange extends Base {
  topic: 'pulse'
  kind: 'change'
  sessions: string[]
  chat_per_min: number[]
  reactions_per_min: (number | null)[]
  active_users: number[]
  last: number[]
}

export interface SessionSnapshot extends Base {
  topic: `session:${string}`
  kind: 'snapshot'
  /** null: nobody has heard of this session yet. */
  session: Session | null
  t: number[]
  fields: Columns
  alerts: Alert[]
  events: Ticker[]
}

export interface SessionTick extends Base {
  topic: `session:${string}`
  kind: 'tick'
  t: number
  fields: Numbers
  level: Level | null
}

export interface SessionChange extends Base {
  topic: `session:${string}`
  kind: 'change'
  chat_per_min: number
  reactions_per_min: number | null
  active_users: number
  events: Ticker[]
  missed: number
}

export interface SessionEnded extends Base {
  topic: `session:${string}`
  kind: 'ended'
  summary: { ended?: string | null }
}

export interface AlertFrame extends Base {
  topic: 'alerts' | `session:${string}`
  kind: 'alert'
  alert: Alert
}

export interface AlertsSnapshot extends Base {
  topic: 'alerts'
  kind: 'snapshot'
  alerts: Alert[]
}

export interface GapFrame extends Base {
  kind: 'gap'
  missed: number
}

export interface ErrorFrame extends Base {
  kind: 'error'
  detail: string
}

export interface HelloFrame extends Base {
  topic: 'server'
  kind: 'hello'
  now: number
  version: string
}

export interface BeatFrame extends Base {
  topic: 'server'
  kind: 'beat'
  now: number
}

export type PulseFrame = PulseSnapshot | PulseTick | PulseChange
export type SessionFrame = SessionSnapshot | SessionTick | SessionChange | SessionEnded | AlertFrame
export type ServerFrame = HelloFrame | BeatFrame
export type Frame =
  PulseFrame | SessionFrame | AlertFrame | AlertsSnapshot | GapFrame | ErrorFrame | ServerFrame
