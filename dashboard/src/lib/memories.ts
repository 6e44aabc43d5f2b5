// What the pages of memories ask for by HTTP, what comes back, and the words for it.
import type { Memory, Recollection, Tier } from '../wire'
import { ask, change, path } from './api'

/** As the server answers: with all fields. */
export type Kept = Required<Memory>

export interface Memories {
  memories: Kept[]
  total: number
  /** How many of each, whatever tier is asked for. */
  tiers: Partial<Record<Tier, number>>
  bots: Record<string, number>
}

export interface Found extends Omit<Recollection, 'memory'> {
  memory: Kept
}

export interface Recall {
  memories: Found[]
  took_ms: number
  /** How many of each were weighed. */
  tiers: Partial<Record<Tier, number>>
  mood: { query: string; congruent: number | null; found?: number | null }
  embedding: string
}

export interface MemoriesAsked {
  bot?: string
  user?: string
  tier?: string
  search?: string
  hidden?: string
  offset?: number
  limit?: number
}

/** What a person says of a memory; what is left out stays. */
export interface MemoryWord {
  content?: string
  response?: string
  hidden?: boolean
  verified?: boolean
}

export const MEMORIES = ['memories']

export function fetchMemories(asked: MemoriesAsked) {
  return ask<Memories>(path('/v1/memories', { ...asked }))
}

/** A trial leaves no trace: nothing is counted as recalled. */
export function fetchRecall(bot: string, user: string, query: string) {
  return ask<Recall>(path('/v1/memories/recall', { bot, user, query, limit: 5, trial: 'true' }))
}

const one = (id: string) => `/v1/memories/${encodeURIComponent(id)}`

export function correctMemory(id: string, word: MemoryWord) {
  return change<Kept>('PATCH', one(id), { ...word, by: 'dashboard' })
}

export function deleteMemory(id: string) {
  return change<{ deleted: number }>('DELETE', one(id))
}

/** A page of what is remembered, less one that is deleted. */
export function without(page: Memories | undefined, id: string): Memories | undefined {
  const rest = page?.memories.filter((memory) => memory.id !== id)
  if (!page || !rest || rest.length === page.memories.length) return page
  return { ...page, memories: rest, total: page.total - 1 }
}

/** From the shortest kept on. */
export const TIERS: Record<Tier, { word: string; keeps: string }> = {
  session: { word: 'session', keeps: '2 days' },
  sub_temporary: { word: 'short', keeps: '10 days' },
  temporary: { word: 'temporary', keeps: '30 days' },
  permanent: { word: 'permanent', keeps: 'for good' },
  personal: { word: 'personal', keeps: 'for good' },
}

export function tierWord(tier: string): string {
  return Object.hasOwn(TIERS, tier) ? TIERS[tier as Tier].word : tier
}

/** The turn that a memory comes from; empty where it comes from none. */
export function turnOf({ source }: Kept): string {
  return /^(?:reaction to )?turn (.+)$/.exec(source)?.[1] ?? ''
}
