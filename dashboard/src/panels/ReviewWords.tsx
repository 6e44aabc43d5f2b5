// What a person can say of a reaction: one of four meanings, that the model is right, or nothing.
import type { ReactNode } from 'react'
import { likeliest, LOOKS, MEANINGS, type Reacted, type ReactionWord } from '../lib/reactions'

interface Props {
  reaction: Reacted
  say: (word: ReactionWord) => void
  /** Whether keys do it too: they are shown then. */
  keys?: boolean
  disabled?: boolean
  children?: ReactNode
}

export function ReviewWords({ reaction, say, keys = false, disabled = false, children }: Props) {
  const lean = likeliest(reaction.verdict)
  const said = reaction.review?.meaning
  return (
    <div role="group" aria-label="What does it mean?">
      <div className="grid grid-cols-2 gap-2">
        {MEANINGS.map((one, i) => (
          <button
            key={one}
            type="button"
            className="btn h-auto gap-2 px-2 py-1.5 text-left"
            aria-pressed={said === one}
            aria-keyshortcuts={keys ? String(i + 1) : undefined}
            disabled={disabled}
            onClick={() => say({ meaning: one })}
          >
            {keys && <Key>{i + 1}</Key>}
            <span className="min-w-0 flex-1 leading-tight">
              {LOOKS[one].word}
              <span className="block text-xs font-normal">{LOOKS[one].hint}</span>
            </span>
          </button>
        ))}
      </div>
      <div className="mt-2 flex flex-wrap gap-2">
        <button
          type="button"
          className="btn btn-main disabled:opacity-60"
          aria-keyshortcuts={keys ? 'Enter' : undefined}
          disabled={disabled || lean === null}
          title={lean === null ? 'the model leans to nothing' : undefined}
          onClick={() => say({ accept: true })}
        >
          {keys && <Key>Enter</Key>}
          Accept{lean && ` ${LOOKS[lean].word.toLowerCase()}`}
        </button>
        <button
          type="button"
          className="btn"
          aria-keyshortcuts={keys ? 's' : undefined}
          disabled={disabled}
          title="nobody can tell what it means"
          onClick={() => say({ skip: true })}
        >
          {keys && <Key>s</Key>}
          Skip
        </button>
        {children}
      </div>
    </div>
  )
}

export function Key({ children }: { children: ReactNode }) {
  return (
    <kbd
      aria-hidden="true"
      className="shrink-0 rounded border border-current px-1.5 font-mono text-xs leading-5 max-md:hidden"
    >
      {children}
    </kbd>
  )
}
