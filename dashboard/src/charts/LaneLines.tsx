// Up to five lines over the turns of a conversation, each with its colour and dash.
import { memo, useId } from 'react'
import type { Axis } from './axis'
import { HatchColumns, HatchPattern } from './Hatch'
import { path } from './path'
import { DASHES } from './strokes'

interface Props {
  axis: Axis
  lines: (number | null)[][]
  guesses: boolean[]
  label: string
  low?: number
  high?: number
  height?: number
}

export const LaneLines = memo(function LaneLines(props: Props) {
  const { axis, lines, guesses, label, low = 0, high = 1, height = 72 } = props
  const hatch = useId()
  const y = (value: number) => 4 + (1 - (value - low) / (high - low)) * (height - 8)
  const x = (i: number) => axis.x[i] ?? 0
  return (
    <svg role="img" aria-label={label} width={axis.width} height={height} className="block">
      <defs>
        <HatchPattern id={hatch} />
      </defs>
      <HatchColumns axis={axis} height={height} guesses={guesses} id={hatch} />
      {[low, (low + high) / 2, high].map((mark) => (
        <line key={mark} x1="0" x2={axis.width} y1={y(mark)} y2={y(mark)} stroke="var(--line)" />
      ))}
      {lines.map((values, place) => (
        <g key={place} fill="none" stroke={`var(--series-${place + 1})`}>
          <path
            d={path(values, x, y)}
            strokeWidth="1.75"
            strokeLinejoin="round"
            strokeDasharray={DASHES[place]}
          />
          {alone(values).map((i) => (
            <circle
              key={i}
              cx={x(i)}
              cy={y(values[i]!)}
              r="2"
              fill={`var(--series-${place + 1})`}
            />
          ))}
        </g>
      ))}
    </svg>
  )
})

/** Values without neighbours: a line of one point would not be seen. */
function alone(values: (number | null)[]): number[] {
  const known = (i: number) => values[i] !== null && values[i] !== undefined
  return values.flatMap((_, i) => (known(i) && !known(i - 1) && !known(i + 1) ? [i] : []))
}
