// The queue of reactions that need a person, the least sure first; every word of it has a key.
import { useEffect, useLayoutEffect, useRef } from 'react'
import { name, percent } from '../lib/format'
import { LOOKS, likeliest, MEANINGS, type Reacted } from '../lib/reactions'
import { OpinionBars } from '../panels/OpinionBars'
import { ReactedTo } from '../panels/ReactedTo'
import { Key, ReviewWords } from '../panels/ReviewWords'
import { useReview, type Queue } from './useReview'

export function ReviewQueue() {
  const queue = useReview()
  const heading = useRef<HTMLHeadingElement>(null)
  // Where the hand was may be gone with the reaction; the eye and the reader go on at the next one.
  const focus = () => requestAnimationFrame(() => heading.current?.focus({ preventScroll: true }))
  const doing = (act: () => void) => {
    act()
    focus()
  }
  useKeys(queue, doing)
  const { refused, reactions, at, left, error, pending } = queue
  useEffect(() => {
    if (refused) heading.current?.focus()
  }, [refused])
  return (
    <div className="min-w-0" data-testid="review">
      <p role="status" className="sr-only">
        {queue.news}
      </p>
      {error && (
        <p role="status" className="mb-3 text-critical">
          {error.message}
        </p>
      )}
      {refused && (
        <p
          role="alert"
          className="tone-critical mb-3 rounded-xl border px-4 py-2"
          style={{ background: 'var(--wash)', borderColor: 'var(--tone)' }}
        >
          Your word on {name(refused.reaction.emoji, 20)} was not taken: {refused.message}
        </p>
      )}
      {pending ? (
        <p role="status" className="label">
          Asking…
        </p>
      ) : (
        <section className="card p-4 sm:p-5" aria-labelledby="at-hand">
          <div className="flex flex-wrap items-baseline justify-between gap-2">
            <h2 id="at-hand" ref={heading} tabIndex={-1} className="head">
              {at ? (
                <>
                  <span className="sr-only">{name(at.emoji, 20)}, </span>
                  {queue.place + 1} of {left}
                </>
              ) : left > 0 ? (
                `${left} more`
              ) : (
                'Nothing needs review'
              )}
            </h2>
            <span className="flex flex-wrap gap-2">
              <button
                type="button"
                className="btn"
                disabled={queue.place <= 0}
                onClick={() => doing(() => queue.move(-1))}
              >
                <Key>k</Key> Back
              </button>
              <button
                type="button"
                className="btn"
                disabled={queue.place >= reactions.length - 1}
                onClick={() => doing(() => queue.move(1))}
              >
                <Key>j</Key> Next
              </button>
            </span>
          </div>
          {at ? (
            <AtHand reaction={at} queue={queue} doing={doing} />
          ) : (
            <div className="mt-2 grid justify-items-start gap-3">
              <p className="text-soft">
                {error
                  ? 'What needs review could not be asked for.'
                  : left > 0
                    ? 'Asking…'
                    : 'The model was sure of all it judged, or a person said the rest.'}
              </p>
              <Undo queue={queue} doing={doing} />
            </div>
          )}
        </section>
      )}
      {reactions.length > 1 && <Waiting queue={queue} doing={doing} />}
    </div>
  )
}

type Doing = (act: () => void) => void

interface AtHandProps {
  reaction: Reacted
  queue: Queue
  doing: Doing
}

function AtHand({ reaction, queue, doing }: AtHandProps) {
  return (
    <div className="mt-3 grid items-start gap-5 md:grid-cols-[minmax(0,1fr)_minmax(0,22rem)]">
      <div className="min-w-0" key={reaction.id}>
        <ReactedTo reaction={reaction} />
      </div>
      <div className="grid gap-4">
        <OpinionBars reaction={reaction} />
        <ReviewWords reaction={reaction} keys say={(word) => doing(() => queue.say(word))}>
          <Undo queue={queue} doing={doing} />
        </ReviewWords>
      </div>
    </div>
  )
}

function Undo({ queue, doing }: { queue: Queue; doing: Doing }) {
  if (!queue.canUndo) return null
  return (
    <button
      type="button"
      className="btn"
      aria-keyshortcuts="u Backspace"
      onClick={() => doing(queue.undo)}
    >
      <Key>u</Key> Bring the last one back
    </button>
  )
}

function Waiting({ queue, doing }: { queue: Queue; doing: Doing }) {
  return (
    <section className="mt-4" aria-labelledby="waiting">
      <h2 id="waiting" className="label mb-1">
        The queue, least sure first
      </h2>
      <ul className="flex max-h-36 flex-wrap gap-1.5 overflow-y-auto p-0.5">
        {queue.reactions.map((one) => {
          const lean = likeliest(one.verdict)
          const sure = percent(one.verdict?.confidence)
          return (
            <li key={one.id}>
              <button
                type="button"
                className="btn px-2.5"
                aria-current={one.id === queue.at?.id}
                aria-label={`${name(one.emoji, 20)}, ${lean ? `perhaps ${LOOKS[lean].word.toLowerCase()}` : 'no guess'}, ${sure} sure`}
                onClick={() => doing(() => queue.choose(one.id))}
              >
                <span className="text-lg">{name(one.emoji, 20)}</span>
                <span className="text-xs font-normal">{sure}</span>
              </button>
            </li>
          )
        })}
      </ul>
    </section>
  )
}

/** 1 to 4 say a meaning, Enter accepts, s skips, u or Backspace goes back, j and k move. */
function useKeys(queue: Queue, doing: Doing): void {
  const now = useRef({ queue, doing })
  // Before the next key comes: it must not speak of what is gone.
  useLayoutEffect(() => {
    now.current = { queue, doing }
  })
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { queue: all, doing: act } = now.current
      if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
      const target = event.target as HTMLElement
      if (target.closest('input, textarea, select, [contenteditable]')) return
      // Enter on a button or a link is that button's.
      if (event.key === 'Enter' && target.closest('a, button, summary')) return
      const deed = deedOf(event.key, all)
      if (!deed) return
      event.preventDefault()
      // A key that is held down must not answer for what was never read.
      if (event.repeat && event.key !== 'j' && event.key !== 'k') return
      act(deed)
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [])
}

function deedOf(key: string, queue: Queue): (() => void) | null {
  const meaning = MEANINGS[Number.parseInt(key, 10) - 1]
  if (meaning && key.length === 1) return () => queue.say({ meaning })
  switch (key) {
    case 'Enter':
      return likeliest(queue.at?.verdict ?? null) ? () => queue.say({ accept: true }) : null
    case 's':
      return () => queue.say({ skip: true })
    case 'u':
    case 'Backspace':
      return queue.undo
    case 'j':
      return () => queue.move(1)
    case 'k':
      return () => queue.move(-1)
    default:
      return null
  }
}
