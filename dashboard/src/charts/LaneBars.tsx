// A bar for each turn, from nought to the largest: counts, lengths and times.
import { memo, useId } from 'react'
import type { Axis } from './axis'
import { HatchColumns, HatchPattern } from './Hatch'

interface Props {
  axis: Axis
  values: (number | null)[]
  guesses: boolean[]
  label: string
  color?: string
  most?: number
}

const HEIGHT = 30

export const LaneBars = memo(function LaneBars(props: Props) {
  const { axis, values, guesses, label, color = 'var(--series-6)' } = props
  const hatch = useId()
  const most = props.most ?? Math.max(1e-9, ...values.map((value) => value ?? 0))
  return (
    <svg role="img" aria-label={label} width={axis.width} height={HEIGHT} className="block">
      <defs>
        <HatchPattern id={hatch} />
      </defs>
      <HatchColumns axis={axis} height={HEIGHT} guesses={guesses} id={hatch} />
      <line x1="0" x2={axis.width} y1={HEIGHT - 1} y2={HEIGHT - 1} stroke="var(--line)" />
      {values.map((value, i) => {
        if (value === null) return null
        // What is nought is still there: a line on the floor, not a gap.
        const height = Math.max(1.5, Math.min(1, value / most) * (HEIGHT - 3))
        return (
          <rect
            key={i}
            x={(axis.x[i] ?? 0) - axis.bar / 2}
            y={HEIGHT - 1 - height}
            width={axis.bar}
            height={height}
            rx={Math.min(2, axis.bar / 3)}
            fill={color}
            opacity="0.8"
          />
        )
      })}
    </svg>
  )
})
