// The formats that can be made: each with what a row of it is and who reads it, one chosen.
import { sentenceOf, type Format } from '../lib/training'

interface Props {
  formats: Format[]
  chosen: string
  choose: (name: string) => void
}

export function FormatCards({ formats, chosen, choose }: Props) {
  return (
    <div
      className="grid gap-2 sm:grid-cols-2 2xl:grid-cols-3"
      role="radiogroup"
      aria-label="Format"
    >
      {formats.map((one) => (
        <label
          key={one.name}
          className={`grid cursor-pointer content-start grid-cols-[auto_minmax(0,1fr)] gap-x-2.5 rounded-xl border p-3 hover:bg-sunken ${
            one.name === chosen ? 'border-accent bg-sunken' : 'border-line'
          }`}
        >
          <input
            type="radio"
            name="format"
            className="mt-1 h-4 w-4 accent-[var(--accent)]"
            checked={one.name === chosen}
            onChange={() => choose(one.name)}
          />
          <span className="min-w-0 font-medium">{one.title}</span>
          <span className="label col-start-2">{sentenceOf(one)}</span>
        </label>
      ))}
    </div>
  )
}
