// A trend in words: which way, how much a day, and how sure that is.
import type { Trend } from '../lib/conversations'

const FACES = {
  rising: { icon: '↗', word: 'rising' },
  falling: { icon: '↘', word: 'falling' },
  steady: { icon: '→', word: 'steady' },
  unclear: { icon: '?', word: 'unclear' },
}

interface Props {
  trend: Trend
  /** How a change of the value is written, with its sign. */
  show: (value: number) => string
}

export function TrendWords({ trend, show }: Props) {
  const { icon, word } = FACES[trend.direction]
  const { slope_per_day: slope, low, high } = trend
  const days = trend.days < 2 ? 'less than two days' : `${Math.round(trend.days)} days`
  return (
    <span data-testid="trend">
      <span aria-hidden="true">{icon} </span>
      <span className="font-medium">{word}</span>
      {slope !== null && (
        <span className="text-soft">
          , {show(slope)} a day
          {low !== null && high !== null && ` (${show(low)} to ${show(high)})`}
        </span>
      )}
      <span className="label">
        {' '}
        over {trend.points} points, {days}
      </span>
    </span>
  )
}
