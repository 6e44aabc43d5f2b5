// The live hook: one session's points, alerts and events, as they come, over a sliding window.
import { useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { fetchSeries } from '../lib/api'
import type { Session, Ticker } from '../frames'
import type { Alert, EngagementField, Level } from '../wire'
import { liveConnection, type Phase } from './connection'
import { Room } from './room'

/** 60 points, 5 s apart. */
export const DEFAULT_WINDOW_S = 300
// What a snapshot brings by itself; a wider window asks the store for the rest.
const SNAPSHOT_S = 900

export interface StreamPoint {
  t: number
  score: number | null
}

export interface EngagementStream {
  status: Phase
  loading: boolean
  room: Room
  meta: Session | null
  score: number | null
  level: Level | null
  alerts: Alert[]
  events: Ticker[]
  /** The points of the sliding window, oldest first. */
  points: StreamPoint[]
}

export function useEngagementStream(
  session: string,
  windowS: number = DEFAULT_WINDOW_S,
): EngagementStream {
  const connection = liveConnection()
  const open = () => new Room(session, () => connection.refresh(`session:${session}`))
  const [room, setRoom] = useState(open)
  if (room.session !== session) setRoom(open())

  useEffect(() => {
    const hangUp = [
      connection.subscribe(`session:${room.session}`, room.apply, room.since),
      connection.subscribe('alerts', room.apply),
    ]
    return () => hangUp.forEach((stop) => stop())
  }, [connection, room])

  const version = useSyncExternalStore(room.subscribe, room.getVersion)
  const { phase } = useSyncExternalStore(connection.watchState, connection.getState)
  useOlderPoints(room, windowS)

  return useMemo(() => {
    void version // the room is mutable: its version says when it changed
    const to = room.history.last ?? 0
    const [t, scores] = room.history.window('score', to - windowS + 5, to)
    return {
      status: phase,
      loading: room.meta === null,
      room,
      meta: room.meta,
      score: room.score,
      level: room.level,
      alerts: room.alerts,
      events: room.events,
      points: t.map((at, i) => ({ t: at, score: scores[i] ?? null })),
    }
  }, [room, version, phase, windowS])
}

const FIELDS: EngagementField[] = [
  'score',
  'chat_per_min',
  'active_users',
  'active_share',
  'poll_participation',
  'reactions_per_min',
  'leave_rate',
]

/** When the window is wider than what a snapshot brings, fetch the older points once. */
function useOlderPoints(room: Room, windowS: number): void {
  const asked = useRef<Room | null>(null)
  const known = room.meta !== null
  useEffect(() => {
    if (!known || windowS <= SNAPSHOT_S || asked.current === room) return
    asked.current = room
    fetchSeries(room.session, { fields: FIELDS, from: `-${Math.round(windowS / 60)}m` })
      .then((series) => room.fill(series.t, series.fields))
      .catch(() => {
        asked.current = null // the next change of the window asks again
      })
  }, [room, known, windowS])
}
