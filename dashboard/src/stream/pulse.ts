// What a tab knows of all live sessions: tiles, headline and alert feed, kept outside React.
import { useEffect, useSyncExternalStore } from 'react'
import type { Frame, Numbers, PulseFrame, Session } from '../frames'
import type { Alert, EngagementField, Level } from '../wire'
import { levelOf } from '../lib/levels'
import { liveConnection } from './connection'
import { Painted } from './painted'
import { withAlert } from './room'

const SPARK_POINTS = 60
const FEED = 50

export class Pulse extends Painted {
  sessions = new Map<string, Session>()
  alerts: Alert[] = []
  count = 0
  known = false
  at: number | null = null

  constructor(private readonly unknown: () => void = () => {}) {
    super()
  }

  /** Sessions worst score first; those without a score yet come last. */
  worstFirst(): Session[] {
    const rank = (session: Session) => session.score ?? 2
    return [...this.sessions.values()].toSorted(
      (a, b) => rank(a) - rank(b) || a.session.localeCompare(b.session),
    )
  }

  apply = (frame: Frame): void => {
    if (frame.kind === 'alert') this.hear(frame.alert)
    else if (frame.topic === 'pulse') this.applyOwn(frame as PulseFrame)
    else return
    this.touch()
  }

  private hear(alert: Alert): void {
    const fresh = !this.alerts.some((one) => one.id === alert.id)
    this.alerts = withAlert(this.alerts, alert).slice(0, FEED)
    const session = this.sessions.get(alert.session)
    if (!session || !fresh) return
    const over = alert.type === 'RECOVERED'
    this.sessions.set(alert.session, {
      ...session,
      alarms: session.alarms + (over ? 0 : 1),
      trouble: over ? null : alert,
    })
  }

  private applyOwn(frame: PulseFrame): void {
    switch (frame.kind) {
      case 'snapshot':
        this.known = true
        this.sessions = new Map(frame.sessions.map((one) => [one.session, one]))
        this.alerts = frame.alerts
        this.count = frame.count
        break
      case 'tick':
        this.at = frame.t
        this.count = frame.count
        this.tick(frame.t, frame.sessions, frame.score, frame.fields)
        break
      case 'change':
        frame.sessions.forEach((id, i) => {
          const session = this.sessions.get(id)
          if (!session) return
          const fields = {
            ...session.fields,
            chat_per_min: frame.chat_per_min[i],
            reactions_per_min: frame.reactions_per_min[i] ?? null,
            active_users: frame.active_users[i],
          }
          const last = frame.last[i]
          const last_event = last ? new Date(last * 1000).toISOString() : session.last_event
          this.sessions.set(id, { ...session, fields, last_event })
        })
        break
    }
  }

  private tick(
    t: number,
    ids: string[],
    scores: (number | null)[],
    columns: Partial<Record<EngagementField, (number | null)[]>>,
  ): void {
    const names = Object.keys(columns) as EngagementField[]
    const next = new Map<string, Session>()
    let strangers = false
    ids.forEach((id, i) => {
      const session = this.sessions.get(id)
      if (!session) {
        strangers = true
        return
      }
      const fields: Numbers = {}
      for (const name of names) fields[name] = columns[name]?.[i] ?? null
      const score = scores[i] ?? null
      const spark = [...session.spark, score].slice(-SPARK_POINTS)
      const level: Level | null = score === null ? null : levelOf(score)
      next.set(id, {
        ...session,
        fields,
        score,
        level,
        spark,
        spark_from: t - 5 * (spark.length - 1),
        at: new Date(t * 1000).toISOString(),
      })
    })
    this.sessions = next
    // A session that we have not met: the snapshot tells who it is.
    if (strangers) this.unknown()
  }
}

let shared: { pulse: Pulse; users: number; stop: () => void } | undefined

/** The tab's pulse; subscribed while somebody looks. */
export function usePulse(): Pulse {
  shared ??= {
    pulse: new Pulse(() => liveConnection().refresh('pulse')),
    users: 0,
    stop: () => {},
  }
  const { pulse } = shared
  useEffect(() => {
    const mine = shared!
    if (mine.users++ === 0) {
      const connection = liveConnection()
      const hangUp = [
        connection.subscribe('pulse', mine.pulse.apply),
        connection.subscribe('alerts', mine.pulse.apply),
      ]
      mine.stop = () => hangUp.forEach((stop) => stop())
    }
    return () => {
      if (--mine.users === 0) mine.stop()
    }
  }, [])
  useSyncExternalStore(pulse.subscribe, pulse.getVersion)
  return pulse
}
