// How a pair moved: trust to the right, affection upwards, the older the paler.
import { memo } from 'react'
import { DASH, score100 } from '../lib/format'
import { isGuess } from '../lib/sources'

export interface Step {
  trust: number
  affection: number
  source: string | null
}

const SIZE = 300
const LEFT = 34
const EDGE = 10
const INNER = SIZE - LEFT - EDGE
// More segments than this say nothing more.
const MOST = 150

export const PathPlot = memo(function PathPlot({ steps }: { steps: Step[] }) {
  const every = Math.max(1, Math.ceil(steps.length / MOST))
  // The last one is where they stand now: it is always there.
  const kept = steps.filter((_, i) => (steps.length - 1 - i) % every === 0)
  const x = (trust: number) => LEFT + trust * INNER
  const y = (affection: number) => EDGE + (1 - affection) * INNER
  const [first, last] = [kept[0], kept.at(-1)]
  const told = (step: Step | undefined) =>
    step ? `${score100(step.trust)} and ${score100(step.affection)}` : DASH
  return (
    <svg
      role="img"
      aria-label={`Trust and affection, from ${told(first)} to ${told(last)} of 100`}
      viewBox={`0 0 ${SIZE} ${SIZE}`}
      className="block w-full max-w-sm"
    >
      {[0, 0.25, 0.5, 0.75, 1].map((mark) => (
        <g key={mark} stroke="var(--line)">
          <line x1={x(mark)} x2={x(mark)} y1={y(0)} y2={y(1)} />
          <line x1={x(0)} x2={x(1)} y1={y(mark)} y2={y(mark)} />
        </g>
      ))}
      {[0, 0.5, 1].map((mark) => (
        <g key={mark} fill="var(--soft)" fontSize="10.5">
          <text x={x(mark)} y={SIZE - 10} textAnchor="middle">
            {mark * 100}
          </text>
          <text x={LEFT - 6} y={y(mark) + 3.5} textAnchor="end">
            {mark * 100}
          </text>
        </g>
      ))}
      <text x={x(0.25)} y={SIZE - 10} textAnchor="middle" fontSize="11" fill="var(--soft)">
        trust →
      </text>
      <text
        transform={`translate(${LEFT - 10} ${y(0.25)}) rotate(-90)`}
        textAnchor="middle"
        fontSize="11"
        fill="var(--soft)"
      >
        affection →
      </text>
      {kept.slice(1).map((step, i) => {
        const before = kept[i]!
        return (
          <line
            key={i}
            x1={x(before.trust)}
            y1={y(before.affection)}
            x2={x(step.trust)}
            y2={y(step.affection)}
            stroke="var(--accent)"
            strokeWidth="2.5"
            strokeLinecap="round"
            strokeDasharray={isGuess(step.source ?? undefined) ? '2 5' : undefined}
            opacity={0.15 + (0.85 * (i + 1)) / kept.length}
          />
        )
      })}
      {first && (
        <circle
          cx={x(first.trust)}
          cy={y(first.affection)}
          r="4"
          fill="var(--card)"
          stroke="var(--accent)"
          strokeWidth="2"
        />
      )}
      {last && <circle cx={x(last.trust)} cy={y(last.affection)} r="5.5" fill="var(--accent)" />}
    </svg>
  )
})
