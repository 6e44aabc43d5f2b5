// Everything the dashboard asks for by HTTP, each as one function.
import type { Explain, Inspector, Page, Series, Session, Ticker } from '../frames'
import type { Alert, EngagementField, Verdict } from '../wire'
import { csrf, refused } from './session'
import type { System } from './system'

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

export type Params = Record<string, string | number | null | undefined>

export function path(base: string, params: Params = {}): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(params)) {
    if (value !== undefined && value !== null && value !== '') query.set(key, String(value))
  }
  const text = query.toString()
  return text ? `${base}?${text}` : base
}

export async function ask<T>(url: string, init?: RequestInit): Promise<T> {
  const response = await fetch(url, init)
  const body: unknown = await response.json().catch(() => null)
  if (!response.ok) {
    if (response.status === 401) refused()
    const detail = (body as { detail?: unknown } | null)?.detail
    throw new ApiError(
      response.status,
      typeof detail === 'string' ? detail : `The server answered ${response.status}.`,
    )
  }
  return body as T
}

/** Ask for something to be changed; a page of another site does not know the word that goes along. */
export function change<T>(
  method: 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  body?: unknown,
) {
  const headers: Record<string, string> = {}
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  const word = csrf()
  if (word) headers['X-CSRF-Token'] = word
  return ask<T>(url, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

const one = (session: string) => `/v1/sessions/${encodeURIComponent(session)}`

export function fetchSessions(params: { state?: 'live' | 'ended'; limit?: number } = {}) {
  return ask<Page<Session>>(path('/v1/sessions', params))
}

export function fetchSession(session: string) {
  return ask<Session>(one(session))
}

export function fetchExplain(session: string, at?: number) {
  const when = at === undefined ? undefined : new Date(at * 1000).toISOString()
  return ask<Explain>(path(`${one(session)}/explain`, { at: when }))
}

export function fetchEvents(session: string, limit = 100) {
  return ask<Page<Ticker>>(path(`${one(session)}/events`, { limit }))
}

export function fetchSeries(
  session: string,
  options: { fields: EngagementField[]; from?: string; to?: string; step?: number },
) {
  const { fields, ...rest } = options
  return ask<Series>(
    path('/v1/series', {
      measurement: 'engagement',
      session,
      fields: fields.join(','),
      step: 5,
      ...rest,
    }),
  )
}

export function fetchAlerts(params: {
  session?: string
  type?: string
  severity?: string
  from?: string
  to?: string
  limit?: number
  cursor?: string | null
}) {
  return ask<Page<Alert>>(path('/v1/alerts', params))
}

export function fetchInspector(params: { source?: string; outcome?: string; limit?: number }) {
  return ask<Inspector>(path('/v1/inspector', params))
}

export function fetchSystem() {
  return ask<System>('/v1/system')
}

export function judge(id: string, verdict: Verdict) {
  return change<Alert>('POST', '/v1/alerts/verdict', { id, verdict })
}
