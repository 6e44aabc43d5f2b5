// An emotion ribbon: a bar for each turn, its colour the feeling, its height how strong, its opacity how sure.
import { memo, useId } from 'react'
import { feelingColor, letterOf } from '../lib/feelings'
import type { Axis } from './axis'
import { HatchPattern } from './Hatch'

export interface Felt {
  emotion: string
  intensity: number | null
  confidence: number | null
  /** The feelings beside it, the strongest first. */
  mixed: { emotion: string; intensity: number }[]
  guess: boolean
}

interface Props {
  axis: Axis
  felt: (Felt | null)[]
  label: string
}

const TOP = 2
const BARS = 40
const LETTERS = 13
const STRIP = 6
const MIXED = 3
// A turn whose strength is not known still gets a bar: a low one, and hollow.
const UNKNOWN = 0.25

export const Ribbon = memo(function Ribbon({ axis, felt, label }: Props) {
  const hatch = useId()
  const letters = axis.bar >= 9
  const strips = Math.min(MIXED, Math.max(0, ...felt.map((one) => one?.mixed.length ?? 0)))
  const mixedFrom = TOP + BARS + (letters ? LETTERS : 3)
  const height = mixedFrom + strips * STRIP + 1
  return (
    <svg role="img" aria-label={label} width={axis.width} height={height} className="block">
      <defs>
        <HatchPattern id={hatch} color="var(--card)" />
      </defs>
      <line x1="0" x2={axis.width} y1={TOP + BARS} y2={TOP + BARS} stroke="var(--line)" />
      {felt.map((one, i) =>
        one ? (
          <g key={i} transform={`translate(${(axis.x[i] ?? 0).toFixed(1)} 0)`}>
            <Bar felt={one} width={axis.bar} hatch={hatch} />
            {letters && (
              <text
                y={TOP + BARS + 11}
                textAnchor="middle"
                fontSize="10"
                fontWeight="600"
                fill={`var(${feelingColor(one.emotion, true)})`}
              >
                {letterOf(one.emotion)}
              </text>
            )}
            {one.mixed.slice(0, MIXED).map((beside, place) => (
              <rect
                key={place}
                x={-axis.bar / 2}
                y={mixedFrom + place * STRIP}
                width={axis.bar}
                height={STRIP - 1}
                rx="1"
                fill={`var(${feelingColor(beside.emotion)})`}
                opacity={0.35 + 0.65 * beside.intensity}
              />
            ))}
          </g>
        ) : null,
      )}
    </svg>
  )
})

function Bar({ felt, width, hatch }: { felt: Felt; width: number; hatch: string }) {
  const strength = felt.intensity ?? UNKNOWN
  const height = Math.max(3, strength * (BARS - 2))
  const box = { x: -width / 2, y: TOP + BARS - height, width, height, rx: Math.min(3, width / 3) }
  const color = `var(${feelingColor(felt.emotion)})`
  return (
    <>
      <rect
        {...box}
        fill={felt.intensity === null ? 'none' : color}
        stroke={color}
        strokeWidth={felt.intensity === null ? 1.5 : 0}
        opacity={0.35 + 0.65 * (felt.confidence ?? 0.5)}
      />
      {felt.guess && <rect {...box} fill={`url(#${hatch})`} data-hatched="true" />}
    </>
  )
}
