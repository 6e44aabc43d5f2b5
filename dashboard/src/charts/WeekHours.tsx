// When somebody talks: turns by weekday and hour, the more the darker.
import { memo } from 'react'
import { count } from '../lib/format'

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const LEFT = 34
const CELL = 16
const GAP = 2
const TOP = 2
const WIDTH = LEFT + 24 * (CELL + GAP)
const HEIGHT = TOP + 7 * (CELL + GAP) + 14

export const WeekHours = memo(function WeekHours({ hours }: { hours: number[][] }) {
  const most = Math.max(1, ...hours.flat())
  return (
    <svg
      role="img"
      aria-label={`Turns by weekday and hour; ${busiest(hours)}`}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      className="block w-full"
    >
      {DAYS.map((word, day) => (
        <text
          key={word}
          x={LEFT - 6}
          y={TOP + day * (CELL + GAP) + 12}
          textAnchor="end"
          fontSize="11"
          fill="var(--soft)"
        >
          {word}
        </text>
      ))}
      {hours.slice(0, 7).map((row, day) =>
        row.slice(0, 24).map((turns, hour) => (
          <rect
            key={hour}
            x={LEFT + hour * (CELL + GAP)}
            y={TOP + day * (CELL + GAP)}
            width={CELL}
            height={CELL}
            rx="3"
            fill={turns > 0 ? 'var(--accent)' : 'var(--sunken)'}
            opacity={turns > 0 ? 0.2 + (0.8 * turns) / most : 1}
          >
            <title>{`${DAYS[day]} ${hour}:00, ${count(turns)} turns`}</title>
          </rect>
        )),
      )}
      {[0, 6, 12, 18].map((hour) => (
        <text
          key={hour}
          x={LEFT + hour * (CELL + GAP)}
          y={HEIGHT - 2}
          fontSize="11"
          fill="var(--soft)"
        >
          {hour}:00
        </text>
      ))}
    </svg>
  )
})

function busiest(hours: number[][]): string {
  let best = { day: 0, hour: 0, turns: 0 }
  hours.forEach((row, day) =>
    row.forEach((turns, hour) => {
      if (turns > best.turns) best = { day, hour, turns }
    }),
  )
  if (best.turns === 0) return 'none yet'
  return `most on ${DAYS[best.day]} at ${best.hour}:00, ${count(best.turns)}`
}
