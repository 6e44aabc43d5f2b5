// How many conversations have which quality: bars of which those that are wanted stand out.
import { many, percent } from '../lib/format'
import { above, type Overview } from '../lib/training'

interface Props {
  quality: Overview['quality']
  /** The lowest that is wanted, 0 to 1. */
  least: number
  choose: (least: number) => void
}

const HEIGHT = 96
const BAR = 20

export function QualityBars({ quality: { edges, counts }, least, choose }: Props) {
  const most = Math.max(1, ...counts)
  const [kept, all] = above({ edges, counts }, least)
  return (
    <svg
      role="img"
      aria-label={`Quality of ${many(all, 'conversation')}: ${percent(all > 0 ? kept / all : 0)} are ${Math.round(least * 100)} of 100 or better`}
      viewBox={`0 0 ${BAR * counts.length} ${HEIGHT}`}
      preserveAspectRatio="none"
      className="block h-24 w-full"
      data-testid="quality-bars"
    >
      {counts.map((count, i) => {
        const from = edges[i] ?? i / counts.length
        const to = edges[i + 1] ?? (i + 1) / counts.length
        const wanted = from >= least - 1e-9
        // One of a million is seen, too.
        const height = count === 0 ? 0 : Math.max(2, (HEIGHT * count) / most)
        return (
          <g key={i} onClick={() => choose(from)} className="cursor-pointer">
            <title>{`${Math.round(from * 100)} to ${Math.round(to * 100)}: ${many(count, 'conversation')}`}</title>
            <rect x={i * BAR} width={BAR} height={HEIGHT} fill="transparent" />
            <rect
              x={i * BAR + 1}
              y={HEIGHT - height}
              width={BAR - 2}
              height={height}
              fill={wanted ? 'var(--accent)' : 'var(--line-strong)'}
              opacity={wanted ? 1 : 0.4}
              data-wanted={wanted}
            />
          </g>
        )
      })}
      <line
        x1="0"
        x2={BAR * counts.length}
        y1={HEIGHT - 0.5}
        y2={HEIGHT - 0.5}
        stroke="var(--line)"
      />
    </svg>
  )
}
