// A server of routes for tests: answers what they say, and keeps what it was asked and told.
import { vi } from 'vitest'

export interface Told {
  method: string
  path: string
  query: Record<string, string>
  body: unknown
  headers: Record<string, string>
}

type Answer = (told: Told) => unknown

/** What refuses, with its sentence. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly detail: string,
  ) {}
}

/** Routes as "GET /v1/me"; an address that is not among them answers 404. */
export function serve(routes: Record<string, Answer>): Told[] {
  const all: Told[] = []
  vi.stubGlobal('fetch', async (text: string, init?: RequestInit) => {
    const url = new URL(text, 'http://here')
    const told: Told = {
      method: init?.method ?? 'GET',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body: init?.body ? JSON.parse(String(init.body)) : null,
      headers: { ...(init?.headers as Record<string, string> | undefined) },
    }
    all.push(told)
    const route = routes[`${told.method} ${told.path}`]
    const answer = route ? await route(told) : new Refusal(404, 'there is nothing here')
    if (answer instanceof Refusal) {
      return Response.json({ detail: answer.detail }, { status: answer.status })
    }
    return Response.json(answer)
  })
  return all
}
