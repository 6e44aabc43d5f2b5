// The lowest quality that is wanted: a slider below the bars it cuts, which follow while it moves.
import { useEffect, useState } from 'react'
import { QualityBars } from '../charts/QualityBars'
import { many } from '../lib/format'
import { above, type Overview } from '../lib/training'

interface Props {
  quality: Overview['quality']
  /** 0 to 100. */
  least: number
  set: (least: number) => void
  /** Of which nobody knows the quality. */
  unknown: number
}

const STILL_MS = 200

export function QualitySlider({ quality, least, set, unknown }: Props) {
  // While it moves only the bars follow; what is asked for waits until it stands still.
  const [moving, setMoving] = useState<number | null>(null)
  useEffect(() => {
    if (moving === null) return
    const timer = setTimeout(() => {
      set(moving)
      setMoving(null)
    }, STILL_MS)
    return () => clearTimeout(timer)
    // `set` is new with every drawing.
    // oxlint-disable-next-line exhaustive-deps
  }, [moving])
  const now = moving ?? least
  const [kept, all] = above(quality, now / 100)
  const told =
    all === 0
      ? 'none is known yet'
      : now === 0
        ? `any quality: all ${many(all, 'conversation')}`
        : `${now} of 100 or better: ${kept.toLocaleString('en')} of ${many(all, 'conversation')}`
  return (
    <section className="card min-w-0 p-4" aria-labelledby="quality">
      <div className="flex flex-wrap items-baseline justify-between gap-x-3">
        <h2 id="quality" className="head">
          Quality of a conversation
        </h2>
        <p className="text-sm" data-testid="quality-told">
          {told}
        </p>
      </div>
      {/* The thumb's middle never reaches the ends: the bars stand between its extremes. */}
      <div className="mt-3 px-2.5">
        <QualityBars
          quality={quality}
          least={now / 100}
          choose={(from) => setMoving(Math.round(from * 100))}
        />
      </div>
      <input
        type="range"
        className="scrub block w-full"
        min={0}
        max={100}
        step={5}
        value={now}
        aria-label="Lowest quality"
        aria-valuetext={told}
        onChange={(event) => setMoving(Number(event.target.value))}
      />
      <p className="label flex justify-between gap-3">
        <span>0</span>
        {(unknown > 0 || now > 0) && (
          <span className="text-center">
            {unknown > 0 && `Of ${many(unknown, 'more', 'more')} nobody knows it yet. `}
            {now > 0 && (
              <button
                type="button"
                className="text-accent underline underline-offset-4"
                onClick={() => setMoving(0)}
              >
                Any quality
              </button>
            )}
          </span>
        )}
        <span className="shrink-0">100</span>
      </p>
    </section>
  )
}
