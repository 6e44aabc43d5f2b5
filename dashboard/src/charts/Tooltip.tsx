// What stands at the cursor: when, how many of 100, and in which word.
import { clock, score100 } from '../lib/format'
import { CRITICAL_SCORE, LEVEL_WORDS, levelColor, levelOf } from '../lib/levels'

interface Props {
  left: number
  width: number
  at: number
  score: number | null
}

const HALF = 76

export function Tooltip({ left, width, at, score }: Props) {
  const x = width > 2 * HALF ? Math.min(width - HALF, Math.max(HALF, left)) : left
  return (
    <div
      data-testid="tooltip"
      className="card pointer-events-none absolute top-9 z-10 w-38 -translate-x-1/2 px-3 py-2"
      style={{ left: x }}
    >
      <p className="label">{clock(at)}</p>
      {score === null ? (
        <p className="font-semibold">No score</p>
      ) : (
        <>
          <p className="text-xl leading-tight font-semibold">
            {score100(score)}
            <span className="label font-normal"> of 100</span>
          </p>
          <p
            className="text-sm font-medium"
            style={{ color: `var(${levelColor(levelOf(score), true)})` }}
          >
            {LEVEL_WORDS[levelOf(score)]}
          </p>
          {score < CRITICAL_SCORE && (
            <p className="text-xs text-critical">under the critical line</p>
          )}
        </>
      )}
    </div>
  )
}
