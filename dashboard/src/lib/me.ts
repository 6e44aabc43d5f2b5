// Who looks at the pages, as the server knows them; signing in and out, and keys.
import { useQuery } from '@tanstack/react-query'
import { ask, change } from './api'
import { setCsrf } from './session'

export const SCOPES = {
  ingest: 'send events',
  read: 'look at everything',
  review: 'say a word on alerts, reactions and memories',
  export: 'make and download training data',
  admin: 'all of this, keys, and erasing people',
} as const

export type Scope = keyof typeof SCOPES

export interface Me {
  project: string
  scopes: string[]
  /** `open`: nobody is asked who they are. */
  via: 'open' | 'key' | 'session'
  csrf?: string
}

export interface Key {
  id: string
  /** The first letters of the key, to tell it by. */
  prefix?: string
  name?: string
  project: string
  scopes: string[]
  made?: string | null
  used?: string | null
  revoked?: string | null
  /** The whole key: told once, when it is made. */
  key?: string
}

export const ME = ['me']
export const KEYS = ['keys']

export function useMe() {
  return useQuery({
    queryKey: ME,
    queryFn: async () => {
      const me = await ask<Me>('/v1/me')
      setCsrf(me.csrf ?? '')
      return me
    },
    staleTime: 60_000,
    retry: false,
    // Each part that wants to know would ask a server anew that cannot tell.
    retryOnMount: false,
  })
}

/** Whether they may do this; where nobody is asked who they are, anybody may. */
export function may(me: Me | undefined, scope: Scope): boolean {
  return !me || me.via === 'open' || me.scopes.includes(scope) || me.scopes.includes('admin')
}

export async function signIn(key: string) {
  const me = await change<Partial<Me> | null>('POST', '/v1/session', { key })
  setCsrf(me?.csrf ?? '')
}

export function signOut() {
  return change<unknown>('DELETE', '/v1/session')
}

export function fetchKeys() {
  return ask<{ keys: Key[] }>('/v1/keys')
}

export function makeKey(asked: { name: string; scopes: string[]; project: string }) {
  return change<Key>('POST', '/v1/keys', asked)
}

export function revokeKey(id: string) {
  return change<unknown>('DELETE', `/v1/keys/${encodeURIComponent(id)}`)
}
