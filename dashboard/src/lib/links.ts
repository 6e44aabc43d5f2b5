// The addresses of the pages; ids and names come from strangers and are always encoded.
import type { Conversation } from '../wire'
import type { Reacted } from './reactions'

export const liveLink = (session: string) => `/live/${encodeURIComponent(session)}`
export const replayLink = (session: string) => `/replay/${encodeURIComponent(session)}`

/** The page of a session's turns; with more, of one conversation in it or of one turn. */
export function conversationLink(
  session: string,
  more: { bot?: string; user?: string; from?: string; turn?: string } = {},
): string {
  const query = new URLSearchParams()
  for (const [key, value] of Object.entries(more)) if (value) query.set(key, value)
  const text = query.toString()
  return `/conversations/${encodeURIComponent(session)}${text ? `?${text}` : ''}`
}

/** One conversation: a pair's turns in a session since this one began. */
export function talkLink({ session, bot, user, started }: Conversation): string {
  return conversationLink(session, { bot, user, from: started })
}

/** Where a reaction is seen with what was said around it, and reviewed. */
export function reactionLink({ id, session, target }: Reacted): string {
  const query = new URLSearchParams({ tab: 'history', session, target, open: id })
  return `/reactions?${query.toString()}`
}

export function personLink(user: string, bot = ''): string {
  return `/people/${encodeURIComponent(user)}${bot ? `?bot=${encodeURIComponent(bot)}` : ''}`
}
