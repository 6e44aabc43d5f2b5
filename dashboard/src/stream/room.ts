// What a tab knows of one session: its points, alerts and last events, kept outside React.
import type { Frame, Numbers, Session, SessionFrame, Ticker } from '../frames'
import type { Alert, Level } from '../wire'
import { History } from './history'
import { Painted } from './painted'

const KEEP_EVENTS = 200
const KEEP_ALERTS = 200

export class Room extends Painted {
  meta: Session | null = null
  history = new History()
  alerts: Alert[] = []
  events: Ticker[] = []
  /** Freshest numbers: the last tick, overlaid by changes pushed between ticks. */
  now: Numbers = {}
  at: number | null = null
  level: Level | null = null
  ended = false
  missed = 0
  /** Whether the server has answered at all, be it that it knows nothing. */
  heard = false

  constructor(
    readonly session: string,
    private readonly stranger: () => void = () => {},
  ) {
    super()
  }

  get score(): number | null {
    return this.now.score ?? null
  }

  /** Where to resume after a broken line. */
  since = (): number | undefined => this.history.last

  apply = (frame: Frame): void => {
    if (frame.kind === 'alert') {
      if (frame.alert.session !== this.session) return
      this.alerts = withAlert(this.alerts, frame.alert)
    } else if (frame.topic === 'alerts') {
      return // the session's own snapshot brings its alerts
    } else {
      this.applyOwn(frame as SessionFrame)
    }
    this.touch()
  }

  /** Older points that were asked for because the window grew. */
  fill(t: number[], columns: History['columns']): void {
    this.history.merge(t, columns)
    this.touch()
  }

  judge(alert: Alert): void {
    this.alerts = withAlert(this.alerts, alert)
    this.touch()
  }

  /** A session that was unknown when we asked has begun: ask again who it is. */
  private meet(): void {
    if (this.heard && !this.meta) {
      this.heard = false
      this.stranger()
    }
  }

  private applyOwn(frame: SessionFrame): void {
    switch (frame.kind) {
      case 'snapshot':
        this.heard = true
        this.meta = frame.session
        this.history.merge(frame.t, frame.fields)
        for (const alert of frame.alerts.toReversed()) this.alerts = withAlert(this.alerts, alert)
        this.events = frame.events.slice(-KEEP_EVENTS)
        this.at = this.history.last ?? null
        if (!frame.session) break
        this.ended = frame.session.state === 'ended'
        this.now = { ...frame.session.fields, score: frame.session.score }
        this.level = frame.session.level
        break
      case 'tick':
        this.meet()
        this.history.add(frame.t, frame.fields)
        this.now = frame.fields
        this.level = frame.level
        this.at = frame.t
        break
      case 'change':
        this.meet()
        this.now = {
          ...this.now,
          chat_per_min: frame.chat_per_min,
          // Counts between ticks say 0 also for a room that never had reactions.
          reactions_per_min:
            frame.reactions_per_min || (this.now.reactions_per_min == null ? null : 0),
          active_users: frame.active_users,
        }
        this.events = [...this.events, ...frame.events].slice(-KEEP_EVENTS)
        this.missed += frame.missed
        break
      case 'ended':
        this.ended = true
        if (this.meta) {
          const { ended } = frame.summary
          this.meta = { ...this.meta, state: 'ended', ended: ended ?? this.meta.last_event }
        }
        break
    }
  }
}

/** Alerts newest first, one per id; a judged alert replaces what it was. */
export function withAlert(alerts: Alert[], alert: Alert): Alert[] {
  if (alerts.some((one) => one.id === alert.id)) {
    return alerts.map((one) => (one.id === alert.id ? alert : one))
  }
  const place = alerts.findIndex((one) => one.time < alert.time)
  const at = place < 0 ? alerts.length : place
  return [...alerts.slice(0, at), alert, ...alerts.slice(at)].slice(0, KEEP_ALERTS)
}
