// The lanes of a conversation: which fields are drawn together, under which words.
import type { Felt } from '../charts/Ribbon'
import type { Turn } from './conversations'
import { DASH, decimal, millis, score100, words } from './format'
import { isGuess } from './sources'
import { numberOf, sourceOf, wordOf } from './turns'

export interface LaneField {
  field: string
  word: string
  show: (value: number | null) => string
}

export interface Lane {
  title: string
  measurement: string
  kind: 'lines' | 'bars'
  fields: LaneField[]
}

const share = (field: string, word: string): LaneField => ({ field, word, show: score100 })

/** A number without a unit. */
export const plain = (value: number | null) => (value === null ? DASH : decimal(value))

export const LANES: Lane[] = [
  {
    title: 'Quality',
    measurement: 'conversation_quality',
    kind: 'lines',
    fields: [
      share('engagement_score', 'engagement'),
      share('satisfaction_score', 'satisfaction'),
      share('natural_flow_score', 'natural flow'),
      share('emotional_resonance', 'resonance'),
      share('topic_relevance', 'relevance'),
    ],
  },
  {
    title: 'Confidence',
    measurement: 'confidence_evolution',
    kind: 'lines',
    fields: [
      share('overall_confidence', 'overall'),
      share('user_fact_confidence', 'facts'),
      share('relationship_confidence', 'relationship'),
      share('context_confidence', 'context'),
      share('emotional_confidence', 'emotion'),
    ],
  },
  {
    title: 'Relationship',
    measurement: 'relationship_progression',
    kind: 'lines',
    fields: [
      share('trust_level', 'trust'),
      share('affection_level', 'affection'),
      share('attunement_level', 'attunement'),
      share('interaction_quality', 'interaction'),
      share('communication_comfort', 'comfort'),
    ],
  },
  {
    title: 'Memory retrieval',
    measurement: 'memory_quality',
    kind: 'bars',
    fields: [
      { field: 'memory_count', word: 'memories found', show: plain },
      share('avg_similarity', 'mean similarity'),
      { field: 'retrieval_time_ms', word: 'retrieval time', show: millis },
    ],
  },
  {
    title: 'Response',
    measurement: 'response_metrics',
    kind: 'bars',
    fields: [
      { field: 'chars', word: 'characters', show: plain },
      { field: 'processing_time_ms', word: 'time to reply', show: millis },
    ],
  },
]

export function column(turns: Turn[], measurement: string, field: string): (number | null)[] {
  return turns.map((turn) => numberOf(turn, measurement, field))
}

/** Which turns' values of a measurement rest on a guess. */
export function guesses(turns: Turn[], measurement: string): boolean[] {
  return turns.map((turn) => isGuess(sourceOf(turn, measurement)))
}

/** What was felt at each turn, as the ribbon draws it. */
export function feltBy(
  turns: Turn[],
  measurement: 'user_emotion' | 'bot_emotion',
): (Felt | null)[] {
  return turns.map((turn) => {
    const emotion = wordOf(turn, measurement, 'emotion')
    if (!emotion) return null
    return {
      emotion,
      intensity: numberOf(turn, measurement, 'intensity'),
      confidence: numberOf(turn, measurement, 'confidence'),
      mixed: mixedOf(turn, measurement),
      guess: isGuess(sourceOf(turn, measurement)),
    }
  })
}

function mixedOf(turn: Turn, measurement: string): Felt['mixed'] {
  return [1, 2, 3].flatMap((place) => {
    const emotion = wordOf(turn, measurement, `mixed_emotion_${place}`)
    const intensity = numberOf(turn, measurement, `mixed_intensity_${place}`)
    return emotion ? [{ emotion, intensity: intensity ?? 0 }] : []
  })
}

/** A context switch in words: "work → music". */
export function switchOf(turn: Turn): string {
  const values = turn.values['context_switches']
  if (!values) return ''
  const [from, to] = ['from_context', 'to_context'].map((field) =>
    words(wordOf(turn, 'context_switches', field), 30),
  )
  return from || to ? `${from || '?'} → ${to || '?'}` : 'another topic'
}
