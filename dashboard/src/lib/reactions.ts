// What the pages of reactions ask for by HTTP, what comes back, and whose word holds.
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { Line } from '../wire'
import { ask, change, path } from './api'
import { percent } from './format'

export const MEANINGS = ['RATING', 'AGREEMENT', 'EMOTIONAL', 'CONVERSATIONAL'] as const

export type Meaning = (typeof MEANINGS)[number]

export const STATES = {
  waiting: 'waits for the model',
  judged: 'judged by the model',
  review: 'needs review',
  reviewed: 'reviewed',
  skipped: 'skipped: nobody can tell',
  retracted: 'taken back',
  unanswered: 'not answered',
} as const

export type State = keyof typeof STATES

/** What a model made of a reaction. */
export interface Opinion {
  /** Null: it is not sure enough. */
  meaning: Meaning | null
  /** Of the meaning, or of the likeliest one. */
  confidence: number
  /** Summing to 1; empty where the model gives none. */
  probabilities: Partial<Record<Meaning, number>>
  reasoning: string
  satisfaction: number | null
  score: number | null
  model: string
  version: string
  at: string
}

export interface Reacted {
  id: string
  session: string
  bot: string
  user: string
  emoji: string
  /** One of ten, like POSITIVE_STRONG: of the emoji by itself. */
  type: string
  target: string
  /** Whose message it was; empty where nobody knows. */
  target_is: Line['who'] | ''
  at: string
  latency_s: number | null
  state: State
  /** What holds. */
  meaning: Meaning | null
  by: 'person' | 'model' | ''
  reply: string | null
  before: Line[]
  after: Line[]
  verdict: Opinion | null
  review: { meaning: Meaning | null; by: string; at: string } | null
  weight: number | null
  /** Why it was not answered. */
  why: string
}

export interface ReactionsAsked {
  needs_review?: 'true'
  meaning?: string
  bot?: string
  user?: string
  session?: string
  target?: string
  state?: string
  search?: string
  offset?: number
  limit?: number
}

export interface Reactions {
  reactions: Reacted[]
  total: number
}

export interface Spent {
  calls: number
  tokens_in: number
  tokens_out: number
  money: number
}

export interface Confused {
  /** A meaning, or `unsure` where the model abstained. */
  model: string
  person: Meaning
  count: number
}

export interface ReactionSummary {
  waiting: number
  waiting_for_target: number
  needs_review: number
  oldest_s: number | null
  states: Partial<Record<State, number>>
  meanings: Partial<Record<Meaning, number>>
  /** By a person who said a meaning. */
  reviewed: number
  /** Of these, where the model had said the same. */
  agreed: number
  confusion: Confused[]
  unanswered: Record<string, number>
  cost: {
    today: Spent
    total: Spent
    judged: number
    calls_avoided: number
    avoided: Record<string, number>
    cap_calls: number
    cap_money: number
    capped: boolean
  }
  judge: string
  trouble: string
}

/** What a person says of a reaction: one of the three. */
export type ReactionWord = { meaning: Meaning } | { accept: true } | { skip: true }

export const REACTIONS = ['reactions']

export function fetchReactions(asked: ReactionsAsked) {
  return ask<Reactions>(path('/v1/reactions', { ...asked }))
}

export function fetchReactionSummary() {
  return ask<ReactionSummary>('/v1/reactions/summary')
}

export function useReactionSummary(everyMs: number) {
  return useQuery({
    queryKey: [...REACTIONS, 'summary'],
    queryFn: fetchReactionSummary,
    refetchInterval: everyMs,
  })
}

const MOST = 1_000

/** The newest reactions of a session by what they are to, and how many older ones there are. */
export function useReactionsIn(session: string): [ReadonlyMap<string, Reacted[]>, number] {
  const { data } = useQuery({
    queryKey: [...REACTIONS, 'session', session],
    queryFn: () => fetchReactions({ session, limit: MOST }),
    refetchInterval: 15_000,
    // Without it a conversation is whole all the same.
    retry: false,
  })
  const byTarget = useMemo(() => {
    const found = new Map<string, Reacted[]>()
    // What was taken back is left out.
    for (const one of (data?.reactions ?? []).toReversed()) {
      if (one.state !== 'retracted') found.set(one.target, [...(found.get(one.target) ?? []), one])
    }
    return found
  }, [data])
  return [byTarget, data ? data.total - data.reactions.length : 0]
}

export function review(id: string, word: ReactionWord) {
  return change<Reacted>('POST', `/v1/reactions/${encodeURIComponent(id)}/review`, {
    ...word,
    by: 'dashboard',
  })
}

interface Look {
  word: string
  /** What it says that the reaction says. */
  hint: string
  /** Its colour; the word always stands beside it. */
  color: string
}

export const LOOKS: Record<Meaning, Look> = {
  RATING: { word: 'Rating', hint: 'how good the reply was', color: '--series-1' },
  AGREEMENT: { word: 'Agreement', hint: 'that is so, or: me too', color: '--series-3' },
  EMOTIONAL: { word: 'Emotional', hint: 'how the matter feels', color: '--series-2' },
  CONVERSATIONAL: { word: 'Conversational', hint: 'seen, and go on', color: '--series-4' },
}

/** What accepting a verdict says: its meaning, or else what it finds likeliest. */
export function likeliest(opinion: Opinion | null): Meaning | null {
  if (!opinion) return null
  if (opinion.meaning) return opinion.meaning
  const found = MEANINGS.filter((one) => (opinion.probabilities[one] ?? 0) > 0)
  return found.toSorted((a, b) => opinion.probabilities[b]! - opinion.probabilities[a]!)[0] ?? null
}

export interface Held {
  /** Who says so. */
  by: 'person' | 'model' | 'unsure' | 'nobody'
  meaning: Meaning | null
  /** The model's, where its word holds or it is unsure. */
  confidence: number | null
}

/** Whose word holds: a person's, the model's, or nobody's, with what the model leans to. */
export function held(reaction: Reacted): Held {
  const { by, meaning, verdict, review: said, state } = reaction
  if (by === 'person' || said) return { by: 'person', meaning, confidence: null }
  if (by === 'model' && meaning) {
    return { by: 'model', meaning, confidence: verdict?.confidence ?? null }
  }
  if (verdict && state !== 'retracted') {
    return { by: 'unsure', meaning: likeliest(verdict), confidence: verdict.confidence }
  }
  return { by: 'nobody', meaning: null, confidence: null }
}

/** How sure a model is; an estimate is never certain, whatever it rounds to. */
export function sure(confidence: number): string {
  return confidence > 0.994 ? '> 99 %' : percent(confidence)
}

/** How people and model compare, apart from what the model left to people. */
export function agreement(cells: Confused[]): { agreed: number; said: number; unsure: number } {
  const sum = (some: Confused[]) => some.reduce((all, one) => all + one.count, 0)
  const said = cells.filter((one) => one.model !== 'unsure')
  return {
    agreed: sum(said.filter((one) => one.model === one.person)),
    said: sum(said),
    unsure: sum(cells) - sum(said),
  }
}

/**
 * The 95 % interval of a share by Wilson (1927): few cases tell little, and it says how little.
 *
 * Null where there are no cases.
 */
export function interval(hits: number, all: number): [number, number] | null {
  if (!(all > 0)) return null
  const z = 1.96
  const share = hits / all
  const middle = share + (z * z) / (2 * all)
  const half = z * Math.sqrt((share * (1 - share)) / all + (z * z) / (4 * all * all))
  const whole = 1 + (z * z) / all
  return [Math.max(0, (middle - half) / whole), Math.min(1, (middle + half) / whole)]
}
