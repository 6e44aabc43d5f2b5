// Alerts as pins on the chart: real buttons, so that they can be clicked, tabbed to and read.
import { clock, epoch } from '../lib/format'
import { ALERT_TYPES, SEVERITIES } from '../lib/levels'
import type { Alert } from '../wire'
import type { Layout } from './EngagementChart'

interface Props {
  alerts: Alert[]
  layout: Layout
  from: number
  to: number
  cursor: number | null
  selected: string | null
  onPin?: ((alert: Alert) => void) | undefined
}

export function Pins({ alerts, layout, from, to, cursor, selected, onPin }: Props) {
  if (to <= from) return null
  const shown = alerts.filter((alert) => {
    const at = epoch(alert.time)
    return at >= from && at <= to && (cursor === null || at <= cursor)
  })
  return (
    <>
      {shown.toReversed().map((alert) => {
        const at = epoch(alert.time)
        const left = layout.left + ((at - from) / (to - from)) * layout.width
        const look = SEVERITIES[alert.severity]
        const type = ALERT_TYPES[alert.type]
        return (
          <button
            key={alert.id}
            type="button"
            className={`pin tone-${look.tone}`}
            style={{ left, ['--drop' as string]: `${layout.height + layout.top - 26}px` }}
            aria-label={`${look.word}: ${type.word} at ${clock(at)}`}
            aria-pressed={selected === alert.id}
            data-past={alert.verdict === 'false_alarm'}
            title={`${type.word}, ${clock(at)}`}
            onClick={() => onPin?.(alert)}
          >
            <span aria-hidden="true">{type.icon}</span>
          </button>
        )
      })}
    </>
  )
}
