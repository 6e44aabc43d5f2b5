// What a person agreed to, all that is kept of them, and how it goes: by HTTP, with the words for it.
import { ask, change } from './api'
import type { Dataset } from './training'

export const PURPOSES = {
  analytics: {
    word: 'Analytics',
    says: 'Their conversations are measured and shown on these pages.',
    default: 'On unless they say no.',
  },
  memory: {
    word: 'Memory',
    says: 'Bots remember what they said.',
    default: 'On unless they say no.',
  },
  training: {
    word: 'Training',
    says: 'What they said may be learnt from: it goes into datasets that are made.',
    default: 'Off unless they say yes.',
  },
} as const

export type Purpose = keyof typeof PURPOSES

export interface Word {
  granted: boolean
  at: string | null
  basis: string
  by: string
  /** Whether anybody asked; else it is what holds for whom nobody asked. */
  asked: boolean
}

export interface Consents {
  user: string
  purposes: Record<Purpose, Word>
}

/** What was done with one store. */
export interface Erased {
  store: string
  removed: number
  ok: boolean
  detail: string
}

export interface Receipt {
  /** Their pseudonym. */
  person: string
  stores: Erased[]
  /** Which hold them and are to be made anew. */
  datasets: Pick<Dataset, 'id' | 'name'>[]
  /** Whether what still comes of them is dropped. */
  tombstone: boolean
  /** Whether nothing is left to be tried again. */
  done: boolean
}

const one = (user: string) => `/v1/people/${encodeURIComponent(user)}`

export const exportLink = (user: string) => `${one(user)}/export`

export function fetchConsents(user: string) {
  return ask<Consents>(`${one(user)}/consent`)
}

export function setConsent(user: string, purpose: Purpose, granted: boolean, basis: string) {
  return change<Consents>('PUT', `${one(user)}/consent`, {
    [purpose]: granted,
    by: 'dashboard',
    basis,
  })
}

export function erase(user: string) {
  return change<Receipt>('DELETE', one(user))
}

/** What erasing them would remove, without removing anything. */
export function wouldErase(user: string) {
  return change<Receipt>('DELETE', `${one(user)}?dry_run=true`)
}
