// Samples of what the server tells of reactions.
import type { Opinion, Reacted, ReactionSummary } from '../lib/reactions'
import { T0 } from './samples'

const iso = (seconds: number) => new Date(seconds * 1000).toISOString()

/** A verdict that abstains. */
export function opinion(change: Partial<Opinion> = {}): Opinion {
  return {
    meaning: null,
    confidence: 0.46,
    probabilities: { RATING: 0.46, AGREEMENT: 0.3, EMOTIONAL: 0.2, CONVERSATIONAL: 0.04 },
    reasoning: 'a heart on an explanation may praise it or agree with it',
    satisfaction: null,
    score: null,
    model: 'local',
    version: '1',
    at: iso(T0 + 20),
    ...change,
  }
}

/** A reaction that needs review. */
export function reacted(change: Partial<Reacted> = {}): Reacted {
  return {
    id: 'r_01',
    session: 'luna/ann',
    bot: 'luna',
    user: 'ann',
    emoji: '❤️',
    type: 'POSITIVE_STRONG',
    target: 't2',
    target_is: 'bot',
    at: iso(T0 + 12),
    latency_s: 12,
    state: 'review',
    meaning: null,
    by: '',
    reply: 'Tides follow the moon.',
    before: [
      { who: 'user', text: 'why are there tides?' },
      { who: 'other', text: 'good question' },
    ],
    after: [{ who: 'user', text: 'now I see it' }],
    verdict: opinion(),
    review: null,
    weight: 0.8,
    why: '',
    ...change,
  }
}

const NOTHING = { calls: 0, tokens_in: 0, tokens_out: 0, money: 0 }

export function reactionSummary(change: Partial<ReactionSummary> = {}): ReactionSummary {
  return {
    waiting: 4,
    waiting_for_target: 1,
    needs_review: 3,
    oldest_s: 95,
    states: { judged: 20, review: 3, reviewed: 10, waiting: 4 },
    meanings: { RATING: 12, AGREEMENT: 9, EMOTIONAL: 6, CONVERSATIONAL: 3 },
    reviewed: 10,
    agreed: 8,
    confusion: [
      { model: 'RATING', person: 'RATING', count: 5 },
      { model: 'AGREEMENT', person: 'AGREEMENT', count: 3 },
      { model: 'RATING', person: 'EMOTIONAL', count: 1 },
      { model: 'unsure', person: 'AGREEMENT', count: 1 },
    ],
    unanswered: { target_unknown: 2 },
    cost: {
      today: { calls: 3, tokens_in: 900, tokens_out: 120, money: 0.0042 },
      total: { ...NOTHING, calls: 12, tokens_in: 12_300, tokens_out: 900, money: 0.031 },
      judged: 33,
      calls_avoided: 25,
      avoided: { batched: 20, removed: 3, known: 2 },
      cap_calls: 100,
      cap_money: 0,
      capped: false,
    },
    judge: 'openai/gpt',
    trouble: '',
    ...change,
  }
}
