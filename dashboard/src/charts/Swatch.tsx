// A sample of a line's stroke, for legends.
import { DASHES } from './strokes'

const width = 22
const height = 8

export function Swatch({ place }: { place: number }) {
  return (
    <svg width={width} height={height} className="shrink-0" aria-hidden="true">
      <line
        x1="0"
        x2={width}
        y1={height / 2}
        y2={height / 2}
        stroke={`var(--series-${place + 1})`}
        strokeWidth="2.5"
        strokeDasharray={DASHES[place]}
      />
    </svg>
  )
}
