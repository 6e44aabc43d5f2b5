// The last weeks as days in columns, Monday on top: on which somebody talked, and how much.
import { memo } from 'react'
import { count } from '../lib/format'

const WEEKS = 18
const CELL = 13
const GAP = 3
const DAY_MS = 86_400_000

interface Props {
  days: { day: string; turns: number }[]
  /** The last day shown, as 2026-11-26. */
  until: string
}

export const DayStrip = memo(function DayStrip({ days, until }: Props) {
  const turns = new Map(days.map((one) => [one.day, one.turns]))
  const most = Math.max(1, ...turns.values())
  const last = Date.parse(`${until}T00:00:00Z`)
  const weekday = (new Date(last).getUTCDay() + 6) % 7
  const cells = Array.from({ length: (WEEKS - 1) * 7 + weekday + 1 }, (_, i) => {
    const back = (WEEKS - 1) * 7 + weekday - i
    const day = new Date(last - back * DAY_MS).toISOString().slice(0, 10)
    return { day, column: Math.floor(i / 7), row: i % 7, turns: turns.get(day) ?? 0 }
  })
  const active = cells.filter((cell) => cell.turns > 0).length
  const size = CELL + GAP
  return (
    <svg
      role="img"
      aria-label={`Turns on ${active} of the last ${cells.length} days`}
      viewBox={`0 0 ${WEEKS * size} ${7 * size}`}
      className="block w-full max-w-sm"
    >
      {cells.map(({ day, column, row, turns: many }) => (
        <rect
          key={day}
          x={column * size}
          y={row * size}
          width={CELL}
          height={CELL}
          rx="3"
          fill={many > 0 ? 'var(--accent)' : 'var(--sunken)'}
          opacity={many > 0 ? 0.25 + (0.75 * many) / most : 1}
        >
          <title>{`${day}, ${count(many)} turns`}</title>
        </rect>
      ))}
    </svg>
  )
})
