// How the mood goes: the person's valence, smoothed, with the points where it turns.
import { memo } from 'react'
import { smooth, type TurningPoint } from '../lib/turns'
import type { Axis } from './axis'
import { path } from './path'

interface Props {
  axis: Axis
  valences: (number | null)[]
  turning: TurningPoint[]
  label: string
}

const HEIGHT = 64

export const Mood = memo(function Mood({ axis, valences, turning, label }: Props) {
  const values = smooth(valences)
  const y = (value: number) => HEIGHT / 2 - value * (HEIGHT / 2 - 8)
  const x = (i: number) => axis.x[i] ?? 0
  return (
    <svg role="img" aria-label={label} width={axis.width} height={HEIGHT} className="block">
      <line
        x1="0"
        x2={axis.width}
        y1={y(0)}
        y2={y(0)}
        stroke="var(--line-strong)"
        strokeDasharray="2 3"
      />
      {values.map((value, i) =>
        value === null ? null : (
          <rect
            key={i}
            x={x(i) - axis.bar / 2}
            y={Math.min(y(0), y(valences[i] ?? 0))}
            width={axis.bar}
            height={Math.abs(y(valences[i] ?? 0) - y(0))}
            fill="var(--accent)"
            opacity="0.16"
          />
        ),
      )}
      <path
        d={path(values, x, y)}
        fill="none"
        stroke="var(--accent)"
        strokeWidth="2"
        strokeLinejoin="round"
      />
      {turning.map(({ index, to }) => {
        const middle = x(index)
        const tip = y(values[index] ?? 0)
        const shape =
          to === 'up'
            ? `M${middle - 6} ${tip + 11}h12l-6 -8z`
            : `M${middle - 6} ${tip - 11}h12l-6 8z`
        return (
          <path
            key={index}
            d={shape}
            fill="var(--warning)"
            stroke="var(--card)"
            strokeWidth="1"
            data-turning={to}
          />
        )
      })}
    </svg>
  )
})
