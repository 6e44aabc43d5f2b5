// A feeling as a chip: colour, letter and word.
import { words } from '../lib/format'
import { feelingColor, letterOf } from '../lib/feelings'

function Dot({ emotion }: { emotion: string }) {
  return (
    <span
      aria-hidden="true"
      className="inline-grid h-4.5 w-4.5 shrink-0 place-items-center rounded-full border-2 text-[10px] leading-none font-bold"
      style={{
        borderColor: `var(${feelingColor(emotion)})`,
        color: `var(${feelingColor(emotion, true)})`,
      }}
    >
      {letterOf(emotion)}
    </span>
  )
}

export function Feeling({ emotion }: { emotion: string }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <Dot emotion={emotion} />
      <span className="text-sm">{words(emotion, 24)}</span>
    </span>
  )
}
