// Samples of what the server tells of memories.
import type { Kept, Memories, Recall } from '../lib/memories'
import { T0 } from './samples'

const iso = (seconds: number) => new Date(seconds * 1000).toISOString()

export function kept(change: Partial<Kept> = {}): Kept {
  return {
    id: '5b0f2f0e-0000-5000-8000-000000000001',
    bot: 'luna',
    user: 'ann',
    at: iso(T0),
    content: 'my dog is called Rex',
    response: 'What a fine name!',
    context: '',
    session: 'luna/ann',
    interaction_type: 'conversation',
    source: 'turn t2',
    tier: 'personal',
    reason: 'it tells something of the person: dog',
    expires: null,
    importance: 0.7,
    emotion: 'joy',
    intensity: 0.6,
    valence: 0.8,
    tags: [],
    related: [],
    accesses: 4,
    accessed: iso(T0 + 3600),
    used: 2,
    answered: 3,
    helped: 0.9,
    judged: 2,
    training_relevance: null,
    verified: false,
    verified_at: null,
    corrected_at: null,
    hidden: false,
    superseded_by: '',
    metadata: {},
    ...change,
  }
}

export function memories(found = [kept()], change: Partial<Memories> = {}): Memories {
  return {
    memories: found,
    total: found.length,
    tiers: { session: 3, sub_temporary: 0, temporary: 1, permanent: 0, personal: found.length },
    bots: { luna: found.length, nova: 2 },
    ...change,
  }
}

export function recall(change: Partial<Recall> = {}): Recall {
  return {
    memories: [
      {
        memory: kept(),
        similarity: 0.82,
        score: 0.9,
        why: 'near what was asked; personal; two answers drew on it',
      },
    ],
    took_ms: 3.21,
    tiers: { session: 3, sub_temporary: 0, temporary: 1, permanent: 0, personal: 1 },
    mood: { query: 'joy', congruent: 1, found: 0.5 },
    embedding: 'hashed/1/384',
    ...change,
  }
}
