// Samples of what the server tells of conversations and people.
import type { Person, Session, Trajectory, Turn } from '../lib/conversations'
import type { Conversation, Relationship } from '../wire'
import { T0 } from './samples'

export const HOSTILE = '<img src=x onerror=alert(1)>'

const iso = (seconds: number) => new Date(seconds * 1000).toISOString()

export function conversation(change: Partial<Conversation> = {}): Conversation {
  return {
    session: 'luna/ann',
    bot: 'luna',
    user: 'ann',
    started: iso(T0),
    ended: iso(T0 + 180),
    turns: 4,
    quality: 0.72,
    satisfaction: 0.8,
    valence: 0.3,
    emotion: 'joy',
    switches: 1,
    processing_time_ms: 840,
    ...change,
  }
}

export function turn(index: number, change: Partial<Turn> = {}): Turn {
  return {
    id: `t${index}`,
    at: iso(T0 + 60 * index),
    bot: 'luna',
    user: 'ann',
    message: `message ${index}`,
    reply: `reply ${index}`,
    values: {
      user_emotion: {
        emotion: index % 2 ? 'sadness' : 'joy',
        intensity: 0.5,
        confidence: 0.9,
        valence: index % 2 ? -0.6 : 0.8,
        mixed_emotion_1: 'curiosity',
        mixed_intensity_1: 0.3,
        session_id: 'luna/ann',
        source: 'model',
      },
      conversation_quality: {
        engagement_score: 0.4 + 0.1 * index,
        satisfaction_score: 0.6,
        natural_flow_score: 0.7,
        emotional_resonance: 0.5,
        topic_relevance: 0.8,
        source: 'heuristic',
      },
      relationship_progression: {
        trust_level: 0.4 + 0.1 * index,
        affection_level: 0.35,
        attunement_level: 0.45,
        source: index === 0 ? 'default' : index === 1 ? 'estimate' : 'store',
      },
    },
    ...change,
  }
}

/** A session as the server tells it: the newest turn first. */
export function session(turns = [0, 1, 2, 3].map((i) => turn(i))): Session {
  return {
    session: 'luna/ann',
    conversations: [conversation()],
    turns: turns.toReversed(),
    next: null,
  }
}

export function relationship(change: Partial<Relationship> = {}): Relationship {
  return {
    bot: 'luna',
    user: 'ann',
    trust: 0.62,
    affection: 0.48,
    attunement: 0.55,
    source: 'store',
    turns: 40,
    first: iso(T0 - 86_400 * 30),
    updated: iso(T0),
    ...change,
  }
}

export function person(change: Partial<Person> = {}): Person {
  return {
    user: 'ann',
    relationships: [relationship()],
    conversations: [conversation()],
    total: 1,
    hours: Array.from({ length: 7 }, (_, day) =>
      Array.from({ length: 24 }, (__, hour) => (day === 5 && hour === 20 ? 9 : 0)),
    ),
    days: [{ day: '2026-11-21', turns: 4 }],
    streak: { current: 1, longest: 6 },
    emotions: { joy: 12, sadness: 3 },
    ...change,
  }
}

export function trajectory(change: Partial<Trajectory> = {}): Trajectory {
  return {
    points: [
      { at: iso(T0 - 86_400 * 2), value: 0.4, source: 'default' },
      { at: iso(T0 - 86_400), value: 0.5, source: 'estimate' },
      { at: iso(T0), value: 0.62, source: 'store' },
    ],
    trend: {
      direction: 'rising',
      slope_per_day: 0.11,
      low: 0.08,
      high: 0.14,
      points: 3,
      days: 2,
    },
    changes: [
      {
        at: iso(T0 - 86_400),
        before: 0.4,
        after: 0.58,
        p: 0.01,
        session: 'luna/ann',
        turns: ['t2'],
      },
    ],
    sources: { store: 0.34, estimate: 0.33, default: 0.33 },
    ...change,
  }
}
