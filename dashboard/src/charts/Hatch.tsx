// Hatching: what is drawn over a guess, so that it is never taken for evidence.
import { stretches } from '../lib/sources'
import type { Axis } from './axis'

export function HatchPattern({ id, color = 'var(--line-strong)' }: { id: string; color?: string }) {
  return (
    <pattern
      id={id}
      width="5"
      height="5"
      patternUnits="userSpaceOnUse"
      patternTransform="rotate(45)"
    >
      <rect width="1.6" height="5" fill={color} />
    </pattern>
  )
}

interface Props {
  axis: Axis
  height: number
  /** Which turns rest on a guess. */
  guesses: boolean[]
}

/** A hatched column behind each turn that rests on a guess; neighbours melt into one. */
export function HatchColumns({ axis, height, guesses, id }: Props & { id: string }) {
  return (
    <>
      {stretches(guesses).map(([first, last]) => {
        const left = edge(axis, first, -1)
        return (
          <rect
            key={first}
            x={left}
            y="0"
            width={Math.max(1, edge(axis, last, 1) - left)}
            height={height}
            fill={`url(#${id})`}
            opacity="0.28"
            data-hatched="true"
          />
        )
      })}
    </>
  )
}

/** Half-way to the next turn on that side. */
function edge({ x, width }: Axis, index: number, side: -1 | 1): number {
  const own = x[index] ?? 0
  const next = x[index + side]
  return next === undefined ? (side < 0 ? 0 : width) : (own + next) / 2
}
