// Pulse in up to three plain sentences: what moved most, what is open, how many rooms are well.
import type { Session } from '../frames'
import { name, score100 } from '../lib/format'
import { LEVEL_WORDS } from '../lib/levels'
import type { Alert } from '../wire'

// A fall of this many points of a hundred within five minutes is worth a sentence.
const FALL = 0.15

export function headlines(sessions: Session[], count: number, alerts: Alert[]): string[] {
  const said: string[] = []
  const troubled = sessions.filter((session) => session.trouble)
  const fall = biggestFall(sessions)
  if (fall && fall.by >= FALL) {
    said.push(
      `Engagement in ${name(fall.session.session, 40)} fell by ${score100(fall.by)} points, ` +
        `to ${score100(fall.session.score)}, in the last five minutes.`,
    )
  }
  if (troubled.length > 0) {
    const one = troubled[0]!
    const about = one.trouble?.message || 'An alert is open'
    said.push(
      troubled.length === 1
        ? `${name(one.session, 40)} needs a look: ${about}.`.replace('..', '.')
        : `${troubled.length} sessions need a look, ${name(one.session, 40)} first.`,
    )
  } else if (alerts.length === 0) {
    said.push('Nothing unusual was noticed.')
  }
  const worst = sessions[0]
  if (worst?.score !== null && worst?.level) {
    const rooms = count === 1 ? 'One room is live' : `${count} rooms are live`
    const least = count === 1 ? 'it stands' : `the quietest, ${name(worst.session, 40)}, stands`
    said.push(
      `${rooms}; ${least} at ${score100(worst.score)}, ${LEVEL_WORDS[worst.level].toLowerCase()}.`,
    )
  }
  return said.length > 0 ? said : ['The first scores come with the next tick.']
}

function biggestFall(sessions: Session[]): { session: Session; by: number } | null {
  let most: { session: Session; by: number } | null = null
  for (const session of sessions) {
    const known = session.spark.filter((score) => score !== null)
    if (known.length < 6 || session.score === null) continue
    const by = Math.max(...known) - session.score
    if (!most || by > most.by) most = { session, by }
  }
  return most
}
