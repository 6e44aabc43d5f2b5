// What goes over the wire, written by dashboard/write_types.py: do not edit.

export const WIRE_VERSION = 1

export type Level =
  | 'VERY_HIGH'
  | 'HIGH'
  | 'MODERATE'
  | 'LOW'
  | 'VERY_LOW'

export const LEVEL_BOUNDS: ReadonlyArray<readonly [Level, number]> = [
  ['VERY_HIGH', 0.8],
  ['HIGH', 0.6],
  ['MODERATE', 0.4],
  ['LOW', 0.2],
  ['VERY_LOW', 0],
]

export type AlertType =
  | 'GRADUAL_DECLINE'
  | 'LOW_ENGAGEMENT'
  | 'MASS_EXIT'
  | 'PIPELINE_STALL'
  | 'RECOVERED'
  | 'SUDDEN_DROP'

export type Severity =
  | 'CRITICAL'
  | 'INFO'
  | 'WARNING'

export type Verdict = '' | 'acknowledged' | 'false_alarm'

export interface Alert {
  time: string
  session: string
  type: AlertType
  severity: Severity
  detector: string
  score: number
  current: number
  expected: number
  subject: string
  message: string
  evidence: Record<string, number>
  id: string
  deviation: number
  verdict: Verdict
  verdict_at: string | null
}

export type EngagementField =
  | 'score'
  | 'chat_per_min'
  | 'poll_participation'
  | 'active_share'
  | 'reactions_per_min'
  | 'leave_rate'
  | 'active_users'
  | 'total_users'
  | 'presence_known'
  | 'activity_5s'
  | 'leavers_15s'
  | 'leavers_60s'
  | 'present_before'
  | 'feed'
  | 'quiet_s'
  | 'heartbeat_age_s'
  | 'heartbeat_every_s'

export const ENGAGEMENT_FIELDS: Readonly<Record<EngagementField, { meaning: string; unit: string }>> = {
  score: { meaning: 'weighted engagement', unit: '1' },
  chat_per_min: { meaning: 'messages of people in the last minute; bots and hosts do not count', unit: '1/min' },
  poll_participation: { meaning: 'share of the room that voted, by distinct people; absent without a poll', unit: '1' },
  active_share: { meaning: 'share of the room that acted in the last minute', unit: '1' },
  reactions_per_min: { meaning: 'reactions in the last minute; absent in a session that never had any', unit: '1/min' },
  leave_rate: { meaning: 'share of those here a minute ago who left; absent where joins and leaves are not told', unit: '1' },
  active_users: { meaning: 'distinct people who acted in the last minute', unit: 'people' },
  total_users: { meaning: 'people present, or else who acted in half an hour', unit: 'people' },
  presence_known: { meaning: '1: joins and leaves are told; 0: total_users is an estimate', unit: '1' },
  activity_5s: { meaning: 'messages, reactions and votes since the last tick', unit: '1' },
  leavers_15s: { meaning: 'people who left in 15 seconds and are not back', unit: 'people' },
  leavers_60s: { meaning: 'people who left in a minute and are not back', unit: 'people' },
  present_before: { meaning: 'people present a minute ago', unit: 'people' },
  feed: { meaning: '1: heartbeats prove the feed; 0: in doubt; absent: it sends none', unit: '1' },
  quiet_s: { meaning: 'time since somebody acted', unit: 's' },
  heartbeat_age_s: { meaning: 'time since the last heartbeat', unit: 's' },
  heartbeat_every_s: { meaning: 'learned time between heartbeats', unit: 's' },
}

export interface Feeling {
  primary: string
  intensity?: number | null
  confidence?: number | null
  valence?: number | null
  scores?: Record<string, number>
}

export interface Recalled {
  similarity: number
  id?: string | null
}

export interface Looked {
  memories?: Recalled[] | null
  retrieval_time_ms?: number | null
  used?: number | null
  stale?: number | null
  repeated?: number | null
  contradicted?: number | null
}

export interface Context {
  topic?: string | null
  mode?: string | null
  urgency?: string | null
  intent?: string | null
  confidence?: number | null
}

export interface Standing {
  trust?: number | null
  affection?: number | null
  attunement?: number | null
  source?: 'default' | 'estimate' | 'store'
  turns?: number
  first_ms?: number | null
}

export interface Agent {
  agent: string
  role?: 'assistant' | 'user'
  output?: Record<string, string | number | boolean | null>
  confidence?: number | null
  duration_ms?: number | null
  span?: string
}

export interface Conversation {
  session: string
  bot: string
  user: string
  started: string
  ended: string
  turns: number
  quality?: number | null
  satisfaction?: number | null
  valence?: number | null
  emotion?: string
  switches?: number
  processing_time_ms?: number | null
}

export interface Relationship {
  bot: string
  user: string
  trust: number
  affection: number
  attunement: number
  source: string
  turns: number
  first: string
  updated: string
}

export type Tier =
  | 'session'
  | 'sub_temporary'
  | 'temporary'
  | 'permanent'
  | 'personal'

export interface Link {
  id: string
  kind?: 'contradicts' | 'reaction_to' | 'same_feeling' | 'similar' | 'supersedes'
  strength?: number
}

export interface Memory {
  id: string
  bot: string
  user: string
  at: string
  content: string
  response?: string
  context?: string
  session?: string
  interaction_type?: string
  source?: string
  tier?: string
  reason?: string
  expires?: string | null
  importance?: number
  emotion?: string
  intensity?: number | null
  valence?: number | null
  tags?: string[]
  related?: Link[]
  accesses?: number
  accessed?: string | null
  answered?: number
  used?: number
  helped?: number
  judged?: number
  training_relevance?: number | null
  verified?: boolean
  verified_at?: string | null
  corrected_at?: string | null
  hidden?: boolean
  superseded_by?: string
  metadata?: Record<string, string | number>
}

export interface Recollection {
  memory: Memory
  similarity: number
  score: number
  why: string
}

export interface Line {
  who: 'bot' | 'other' | 'user'
  text: string
}

export interface Reacted {
  id: string
  session: string
  emoji: string
  ms: number
  bot?: string
  user?: string
  target?: string
  target_is?: '' | 'bot' | 'other' | 'user'
}

export interface Ruling {
  meaning?: 'AGREEMENT' | 'CONVERSATIONAL' | 'EMOTIONAL' | 'RATING' | null
  confidence?: number
  probabilities?: Record<'AGREEMENT' | 'CONVERSATIONAL' | 'EMOTIONAL' | 'RATING', number>
  reasoning?: string
  satisfaction?: number | null
  score?: number | null
  model?: string
  version?: string
  calls?: number
  tokens_in?: number
  tokens_out?: number
  cost?: number
}

export type Ekman =
  | 'anger'
  | 'disgust'
  | 'fear'
  | 'joy'
  | 'neutral'
  | 'sadness'
  | 'surprise'

export const EKMAN_OF: Readonly<Record<string, Ekman>> = {
  anger: 'anger',
  annoyance: 'anger',
  disapproval: 'anger',
  disgust: 'disgust',
  fear: 'fear',
  nervousness: 'fear',
  joy: 'joy',
  amusement: 'joy',
  approval: 'joy',
  excitement: 'joy',
  gratitude: 'joy',
  love: 'joy',
  optimism: 'joy',
  relief: 'joy',
  pride: 'joy',
  admiration: 'joy',
  desire: 'joy',
  caring: 'joy',
  neutral: 'neutral',
  sadness: 'sadness',
  disappointment: 'sadness',
  embarrassment: 'sadness',
  grief: 'sadness',
  remorse: 'sadness',
  surprise: 'surprise',
  realization: 'surprise',
  confusion: 'surprise',
  curiosity: 'surprise',
}

export interface Message {
  type: 'message'
  session: string
  id?: string | null
  at?: string | null
  user?: string | null
  text: string
  role?: 'bot' | 'host' | 'user'
  reply_to?: string | null
}

export interface Reaction {
  type: 'reaction'
  session: string
  id?: string | null
  at?: string | null
  user?: string | null
  emoji: string
  target?: string | null
  action?: 'add' | 'remove'
  bot?: string | null
}

export interface Join {
  type: 'join'
  session: string
  id?: string | null
  at?: string | null
  user?: string | null
}

export interface Leave {
  type: 'leave'
  session: string
  id?: string | null
  at?: string | null
  user?: string | null
}

export interface PollOpened {
  type: 'poll_opened'
  session: string
  id?: string | null
  at?: string | null
  user?: string | null
  poll: string
  question?: string
  options?: string[]
}

export interface PollVote {
  type: 'poll_vote'
  session: string
  id?: string | null
  at?: string | null
  user?: string | null
  poll: string
  option: string | number
}

export interface PollClosed {
  type: 'poll_closed'
  session: string
  id?: string | null
  at?: string | null
  user?: string | null
  poll: string
}

export interface Heartbeat {
  type: 'heartbeat'
  session: string
  id?: string | null
  at?: string | null
  user?: string | null
  source?: string
}

export interface Turn {
  type: 'turn'
  session: string
  id?: string | null
  at?: string | null
  user?: string | null
  bot: string
  message?: string | null
  reply?: string | null
  processing_time_ms?: number | null
  memories?: Recalled[] | null
  retrieval_time_ms?: number | null
  user_emotion?: Feeling | null
  bot_emotion?: Feeling | null
  context?: Context | null
  model?: string | null
  platform?: string | null
  language?: string | null
  agents?: Agent[]
  rehearsed?: Looked | null
}

export interface TurnRevised {
  type: 'turn_revised'
  session: string
  id?: string | null
  at?: string | null
  user?: string | null
  bot: string
  turn: string
  role: 'assistant' | 'user'
  why: 'corrected' | 'deleted' | 'edited' | 'regenerated'
  text?: string
  by?: string | null
}

export interface TurnRead {
  type: 'turn_read'
  session: string
  id?: string | null
  at?: string | null
  user?: string | null
  bot: string
  turn: string
  model?: string
  user_emotion?: Feeling | null
  bot_emotion?: Feeling | null
  relevance?: number | null
  shift?: number | null
  sentiment?: number | null
  standing?: Standing | null
  recalled?: Looked | null
  failed?: boolean
}

export interface RelationshipSet {
  type: 'relationship'
  session?: string
  id?: string | null
  at?: string | null
  user?: string | null
  bot: string
  trust?: number | null
  affection?: number | null
  attunement?: number | null
  by?: string
  standing?: Standing | null
}

export interface ReactionJudged {
  type: 'reaction_judged'
  session: string
  id?: string | null
  at?: string | null
  user?: string | null
  of: Reacted
  verdict?: Ruling | null
  why?: string | null
  again?: boolean
  reply?: string | null
  before?: Line[]
  after?: Line[]
  latency_s?: number | null
  to_me?: boolean
  revision?: number
}

export interface ReactionReview {
  type: 'reaction_review'
  session: string
  id?: string | null
  at?: string | null
  user?: string | null
  of: Reacted
  meaning?: 'AGREEMENT' | 'CONVERSATIONAL' | 'EMOTIONAL' | 'RATING' | null
  gone?: boolean
  verdict?: Ruling | null
  by?: string
  revision?: number
}

export interface ConsentGiven {
  type: 'consent'
  session?: string
  id?: string | null
  at?: string | null
  user?: string | null
  purposes: Record<'analytics' | 'memory' | 'training', boolean>
  basis?: string
  by?: string
}

export interface Erased {
  type: 'erased'
  session?: string
  id?: string | null
  at?: string | null
  user?: string | null
  person: string
}

export type WireEvent =
  | Message
  | Reaction
  | Join
  | Leave
  | PollOpened
  | PollVote
  | PollClosed
  | Heartbeat
  | Turn
  | TurnRevised
  | TurnRead
  | RelationshipSet
  | ReactionJudged
  | ReactionReview
  | ConsentGiven
  | Erased
