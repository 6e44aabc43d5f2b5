// What the pages of conversations, people and comparisons ask for by HTTP, and what comes back.
import type { Conversation, Relationship, TurnRevised } from '../wire'
import { ask, path } from './api'

/** What was measured of a turn: numbers, labels, and in `source` who says so. */
export type Values = Record<string, number | string | undefined>

/** What became of a text after it was said. */
export type Why = TurnRevised['why']

export interface Turn {
  id: string
  at: string
  bot: string
  user: string
  message: string | null
  reply: string | null
  /** Whose text is another one now, or gone, and why. */
  revised?: Partial<Record<'user' | 'assistant', Why>>
  /** By measurement; one that has no row for this turn is absent. */
  values: Record<string, Values>
}

export type ConversationOrder = 'ended' | 'started' | 'turns' | 'quality' | 'satisfaction'

export interface ConversationsAsked {
  bot?: string
  user?: string
  emotion?: string
  search?: string
  min_quality?: number | string
  max_quality?: number | string
  start?: string
  end?: string
  order?: string
  offset?: number
  limit?: number
}

export interface Conversations {
  conversations: Conversation[]
  total: number
  /** How many there are in all by bot and by emotion, the most frequent. */
  facets: Record<'bot' | 'emotion', Record<string, number>>
}

export interface Session {
  session: string
  conversations: Conversation[]
  /** Newest first. */
  turns: Turn[]
  next: string | null
}

export interface People {
  /** One for each pair of a person and a bot, the one that changed last first. */
  people: Relationship[]
  total: number
}

export interface Person {
  user: string
  relationships: Relationship[]
  /** The newest fifty of `total`. */
  conversations: Conversation[]
  total: number
  /** Turns by weekday, Monday first, and by hour of the day. */
  hours: number[][]
  days: { day: string; turns: number }[]
  streak: { current: number; longest: number }
  /** Turns by what was felt most. */
  emotions: Record<string, number>
}

/** How many of the points come from where, as shares of 1. */
export type Sources = Record<string, number>

export interface TrendPoint {
  at: string
  value: number
  /** Null where the value is a mean over a step. */
  source: string | null
}

export interface Trend {
  direction: 'rising' | 'falling' | 'steady' | 'unclear'
  slope_per_day: number | null
  low: number | null
  high: number | null
  points: number
  days: number
}

export interface Change {
  at: string
  before: number
  after: number
  p: number
  /** Where it changed: the session, and the last turns up to there. */
  session: string | null
  turns: string[]
}

export interface Trajectory {
  points: TrendPoint[]
  trend: Trend
  changes: Change[]
  sources: Sources
}

export interface TrendAsked {
  measurement: string
  field: string
  bot?: string
  user?: string
  session?: string
  start?: string
  end?: string
  step?: number
}

export interface Compared {
  name: string
  points: TrendPoint[]
  mean: number | null
  count: number
  trend: Trend
  sources: Sources
}

export type ComparedBy = 'bot' | 'user' | 'session'

export interface Declared {
  name: string
  meaning: string
  source: string
  tags: string[]
  fields: Record<string, { meaning: string; unit: string; range: [number | null, number | null] }>
}

export function fetchConversations(asked: ConversationsAsked) {
  return ask<Conversations>(path('/v1/conversations', { ...asked }))
}

export function fetchConversation(session: string, before?: string | null, limit = 200) {
  const base = `/v1/conversations/${encodeURIComponent(session)}`
  return ask<Session>(path(base, { before, limit }))
}

export function fetchPeople(asked: {
  search?: string
  bot?: string
  offset?: number
  limit?: number
}) {
  return ask<People>(path('/v1/people', asked))
}

export function fetchPerson(user: string) {
  const tz = Intl.DateTimeFormat().resolvedOptions().timeZone
  return ask<Person>(path(`/v1/people/${encodeURIComponent(user)}`, { tz }))
}

export function fetchTrend(asked: TrendAsked) {
  return ask<Trajectory>(path('/v1/trends', { ...asked }))
}

export function fetchComparison(
  asked: Omit<TrendAsked, 'bot' | 'user' | 'session'> & { by: ComparedBy; of: string[] },
) {
  const { of, ...rest } = asked
  const names = of.map((one) => `&of=${encodeURIComponent(one)}`).join('')
  return ask<{ series: Compared[] }>(path('/v1/compare', rest) + names)
}

export function fetchMeasurements() {
  return ask<{ data: Declared[] }>('/v1/measurements')
}
