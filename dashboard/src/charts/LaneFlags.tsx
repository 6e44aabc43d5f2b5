// Flags where something happens between two turns: the context changes, or the mood turns.
import { memo } from 'react'
import type { Axis } from './axis'

export interface Flag {
  index: number
  title: string
  /** How sure, 0 to 1. */
  sure: number | null
}

interface Props {
  axis: Axis
  flags: Flag[]
  label: string
}

const HEIGHT = 26

export const LaneFlags = memo(function LaneFlags({ axis, flags, label }: Props) {
  return (
    <svg role="img" aria-label={label} width={axis.width} height={HEIGHT} className="block">
      <line x1="0" x2={axis.width} y1={HEIGHT - 1} y2={HEIGHT - 1} stroke="var(--line)" />
      {flags.map(({ index, title, sure }) => {
        const x = axis.x[index] ?? 0
        return (
          <g key={index} opacity={0.45 + 0.55 * (sure ?? 0.5)}>
            <title>{title}</title>
            <path d={`M${x} ${HEIGHT - 1}V4`} stroke="var(--series-4)" strokeWidth="1.5" />
            <path d={`M${x} 3h10l-3 4.5 3 4.5h-10z`} fill="var(--series-4)" />
          </g>
        )
      })}
    </svg>
  )
})
