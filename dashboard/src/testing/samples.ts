// Samples of what the server sends, as docs/wire.md shows them.
import type { Explain, Session, SessionSnapshot, SessionTick } from '../frames'
import type { Alert } from '../wire'

/** A tick's time: 2026-11-21T10:00:00Z. */
export const T0 = 1_795_255_200

export function session(change: Partial<Session> = {}): Session {
  return {
    session: 'keynote',
    state: 'live',
    started: '2026-11-21T09:50:00Z',
    last_event: '2026-11-21T10:00:03Z',
    ended: null,
    at: '2026-11-21T10:00:00Z',
    score: 0.52,
    level: 'MODERATE',
    fields: { chat_per_min: 14, active_users: 19, total_users: 61, active_share: 0.31 },
    spark: [0.5, 0.52],
    spark_from: T0 - 5,
    messages: 812,
    reactions: 90,
    votes: 0,
    people: 61,
    alarms: 0,
    late: 0,
    trouble: null,
    ...change,
  }
}

export function alert(change: Partial<Alert> = {}): Alert {
  return {
    id: 'keynote/SUDDEN_DROP/20261121T100000Z',
    time: '2026-11-21T10:00:00Z',
    session: 'keynote',
    type: 'SUDDEN_DROP',
    severity: 'CRITICAL',
    detector: 'anomaly',
    score: 0.91,
    subject: 'activity_per_min',
    current: 6,
    expected: 42,
    deviation: -36,
    message: 'Messages fell from about 42 to 6 a minute in 40 s.',
    evidence: { tree: 0.7, z: 0.9, deficit: 5.1, threshold: 3.2 },
    verdict: '',
    verdict_at: null,
    ...change,
  }
}

/** A snapshot whose points end at `T0`, one for each score. */
export function snapshot(
  scores: number[],
  change: Partial<Omit<SessionSnapshot, 'topic' | 'kind'>> = {},
): SessionSnapshot {
  return {
    topic: 'session:keynote',
    kind: 'snapshot',
    seq: 1,
    session: session(),
    t: scores.map((_, i) => T0 - 5 * (scores.length - 1 - i)),
    fields: { score: scores },
    alerts: [],
    events: [],
    ...change,
  }
}

export function tick(t: number, score: number): SessionTick {
  return {
    topic: 'session:keynote',
    kind: 'tick',
    t,
    fields: { score, chat_per_min: 15, active_users: 20, total_users: 61 },
    level: 'HIGH',
  }
}

export const explain: Explain = {
  session: 'keynote',
  at: '2026-11-21T10:00:00Z',
  score: 0.52,
  level: 'MODERATE',
  seed_weights: false,
  parts: [
    {
      name: 'chat',
      label: 'Chat messages per minute',
      raw: 14,
      normalised: 0.89,
      weight: 0.3,
      contribution: 0.267,
      gain: 0.033,
      known: true,
      note: '20 a minute count as full',
    },
  ],
  raise_most: { name: 'chat', gain: 0.033, how: 'Ask something short.' },
}
