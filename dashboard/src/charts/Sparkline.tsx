// The last five minutes of a score as a small line, coloured by where it stands now.
import { CRITICAL_SCORE, levelColor, levelOf } from '../lib/levels'
import { path } from './path'

interface Props {
  values: (number | null)[]
  label: string
  width?: number
  height?: number
}

const POINTS = 60

export function Sparkline({ values, label, width = 240, height = 56 }: Props) {
  const x = (i: number) => ((POINTS - values.length + i) / (POINTS - 1)) * (width - 6) + 2
  const y = (score: number) => 3 + (1 - score) * (height - 6)
  const line = path(values, x, y)
  const known = values.findLast((score) => score !== null) ?? null
  const color = known === null ? 'var(--soft)' : `var(${levelColor(levelOf(known))})`
  const first = values.findIndex((score) => score !== null)
  const last = values.findLastIndex((score) => score !== null)
  const whole = first >= 0 && !values.slice(first, last + 1).includes(null)
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className="block h-14 w-full"
    >
      <line
        x1="0"
        x2={width}
        y1={y(CRITICAL_SCORE)}
        y2={y(CRITICAL_SCORE)}
        stroke="var(--critical)"
        strokeOpacity="0.45"
        strokeDasharray="3 4"
        vectorEffect="non-scaling-stroke"
      />
      {whole && last > first && (
        <path
          d={`${line}L${x(last).toFixed(1)} ${height}L${x(first).toFixed(1)} ${height}Z`}
          fill={color}
          fillOpacity="0.12"
        />
      )}
      <path
        d={line}
        fill="none"
        stroke={color}
        strokeWidth="2"
        strokeLinejoin="round"
        strokeLinecap="round"
        vectorEffect="non-scaling-stroke"
      />
    </svg>
  )
}
