// A text as it will be written, as text nodes: what was redacted and what hides is marked.
import { memo, useState } from 'react'

const FOLDED = 1_200

/** What stands in the place of personal data, like [EMAIL_kqzwbtm], and marks that hide or reverse what follows. */
const MARKS =
  // oxlint-disable-next-line no-control-regex
  /(\[[A-Z][A-Z_]{1,24}_[a-z0-9]{4,16}\])|([\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F\u200B-\u200F\u202A-\u202E\u2060\u2066-\u2069])/g

interface Props {
  text: string
  folded?: number
}

export const Exact = memo(function Exact({ text, folded = FOLDED }: Props) {
  const [open, setOpen] = useState(false)
  // Never between the two halves of one character.
  const end = text.codePointAt(folded - 1)! > 0xffff ? folded + 1 : folded
  const long = text.length > end
  return (
    <>
      {marked(long && !open ? `${text.slice(0, end)}…` : text)}
      {long && (
        <button
          type="button"
          className="label mt-1 block underline underline-offset-4"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? 'Fold it' : `All ${text.length.toLocaleString('en')} characters`}
        </button>
      )}
    </>
  )
})

function marked(text: string) {
  const parts = []
  let done = 0
  for (const found of text.matchAll(MARKS)) {
    const [whole, replaced] = found
    parts.push(text.slice(done, found.index))
    parts.push(
      replaced ? (
        <mark
          key={found.index}
          className="rounded-sm bg-[var(--warning-wash)] px-0.5 text-warning"
          title="stands in the place of personal data"
        >
          {whole}
        </mark>
      ) : (
        <span
          key={found.index}
          className="mx-px rounded-sm border border-[var(--line-strong)] px-0.5 text-xs"
          title="a mark that cannot be seen"
        >
          U+{whole.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}
        </span>
      ),
    )
    done = found.index + whole.length
  }
  parts.push(text.slice(done))
  return parts
}
