// Which share of the people goes into which part: two are chosen, training gets the rest.
import type { Split } from '../lib/training'

const PARTS = [
  ['train', 'training', 'var(--series-1)'],
  ['validation', 'validation', 'var(--series-3)'],
  ['test', 'test', 'var(--series-5)'],
] as const

interface Props {
  split: Split
  set: (split: Split) => void
}

const hundredths = (share: number) => Math.round(share * 100)

export function SplitFields({ split, set }: Props) {
  const change = (part: 'validation' | 'test', text: string) => {
    const share = Math.min(100, Math.max(0, Math.round(Number(text)) || 0)) / 100
    const next = { ...split, [part]: share }
    set({ ...next, train: hundredths(Math.max(0, 1 - next.validation - next.test)) / 100 })
  }
  return (
    <>
      <p className="label">
        Each person is in one part only, so that no test is of what was learnt.
      </p>
      <div
        className="mt-2 flex h-3 gap-0.5 overflow-hidden rounded-md"
        role="img"
        aria-label={PARTS.map(([part, word]) => `${word} ${hundredths(split[part])} %`).join(', ')}
      >
        {PARTS.map(([part, , color]) =>
          split[part] > 0 ? (
            <i
              key={part}
              className="block rounded-sm"
              style={{ flex: `${split[part]} 1 0%`, background: color }}
            />
          ) : null,
        )}
      </div>
      <div className="mt-2 flex flex-wrap items-end gap-4">
        <p className="flex items-center gap-2">
          <Dot color={PARTS[0][2]} />
          <span>
            training <strong>{hundredths(split.train)} %</strong>
          </span>
        </p>
        {PARTS.slice(1).map(([part, word, color]) => (
          <label key={part} className="flex items-center gap-2">
            <Dot color={color} />
            <span>{word} %</span>
            <input
              type="number"
              min={0}
              max={100}
              step={5}
              className="field w-20"
              value={hundredths(split[part])}
              onChange={(event) => change(part as 'validation' | 'test', event.target.value)}
            />
          </label>
        ))}
      </div>
    </>
  )
}

const Dot = ({ color }: { color: string }) => (
  <i aria-hidden="true" className="h-2.5 w-2.5 rounded-[3px]" style={{ background: color }} />
)
