// A small line of any number over the last minutes, from nought to its own greatest.
import { path } from './path'

interface Props {
  values: (number | null)[]
  points: number
  label: string
}

const WIDTH = 240
const HEIGHT = 48

export function Trend({ values, points, label }: Props) {
  const most = Math.max(...values.map((value) => value ?? 0), 1e-9)
  const x = (i: number) => ((points - values.length + i) / (points - 1)) * (WIDTH - 4) + 2
  const y = (value: number) => 3 + (1 - value / most) * (HEIGHT - 6)
  const line = path(values, x, y)
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="block h-12 w-full"
    >
      <line
        x1="0"
        x2={WIDTH}
        y1={HEIGHT - 3}
        y2={HEIGHT - 3}
        stroke="var(--line)"
        vectorEffect="non-scaling-stroke"
      />
      <path
        d={line}
        fill="none"
        stroke="var(--accent)"
        strokeWidth="2"
        strokeLinejoin="round"
        strokeLinecap="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}
