// A text from a stranger as a text node: folded where it is long, hidden marks made visible.
import { memo, useState } from 'react'
import { name } from '../lib/format'

// A message may have fifty thousand words; whoever wants them all unfolds it.
const FOLDED = 1_200

// Pointing at a turn draws its row anew; a text of fifty thousand words is not gone through again.
export const Text = memo(function Text({ text, folded = FOLDED }: Props) {
  const [open, setOpen] = useState(false)
  // Never between the two halves of one character.
  const end = text.codePointAt(folded - 1)! > 0xffff ? folded + 1 : folded
  const long = text.length > end
  return (
    <>
      <p className="whitespace-pre-wrap">
        {visible(text.slice(0, end))}
        {long && '…'}
      </p>
      {long && (
        <details
          className="text-sm"
          onToggle={(event) => setOpen((event.target as HTMLDetailsElement).open)}
        >
          <summary className="label underline underline-offset-4">
            All {text.length.toLocaleString()} characters
          </summary>
          {open && <p className="whitespace-pre-wrap">{visible(text.slice(end))}</p>}
        </details>
      )}
    </>
  )
})

interface Props {
  text: string
  /** How many characters are shown at first. */
  folded?: number
}

/** Control and direction marks are made visible, line ends are kept. */
function visible(text: string): string {
  const lines = text.split(/\r\n|\n|\r/)
  return lines.map((line) => name(line, line.length + 1)).join('\n')
}
