// Where a number comes from: its word, what that means, and whether it is evidence or a guess.
import type { Sources } from './conversations'

export interface Origin {
  word: string
  hint: string
  /** Nothing that was said or kept supports it: it is drawn hatched. */
  guess: boolean
}

const ORIGINS: Record<string, Origin> = {
  measured: { word: 'measured', hint: 'counted, timed, or told by the sender', guess: false },
  model: { word: 'model', hint: 'read in the text by a model', guess: false },
  store: { word: 'store', hint: 'kept for this person and bot', guess: false },
  heuristic: { word: 'heuristic', hint: 'a documented formula over other values', guess: false },
  estimate: {
    word: 'estimate',
    hint: 'the store could not be asked; guessed from the conversation',
    guess: true,
  },
  default: {
    word: 'default',
    hint: 'a new pair begins with it; nothing is known yet',
    guess: true,
  },
}

export function originOf(source: string): Origin {
  return ORIGINS[source] ?? { word: source, hint: 'as its sender calls it', guess: false }
}

export function isGuess(source: string | undefined): boolean {
  return source !== undefined && originOf(source).guess
}

/** The stretches in which something holds, as first and last index. */
export function stretches(holds: boolean[]): [number, number][] {
  const found: [number, number][] = []
  holds.forEach((one, i) => {
    if (!one) return
    const last = found.at(-1)
    if (last && last[1] === i - 1) last[1] = i
    else found.push([i, i])
  })
  return found
}

/** The share of guesses, 0 to 1; null where nothing is known. */
export function guessed(sources: Sources): number | null {
  const all = Object.values(sources).reduce((sum, share) => sum + share, 0)
  if (!(all > 0)) return null
  const guesses = Object.entries(sources).filter(([source]) => isGuess(source))
  return guesses.reduce((sum, [, share]) => sum + share, 0) / all
}
