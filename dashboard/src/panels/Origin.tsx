// The badge that every value of a conversation wears: who says so.
import { percent } from '../lib/format'
import type { Sources } from '../lib/conversations'
import { isGuess, originOf } from '../lib/sources'

export function Origin({ source }: { source: string | undefined }) {
  if (!source) return null
  const { word, hint, guess } = originOf(source)
  return (
    <span
      className={`origin ${guess ? 'hatched' : ''}`}
      data-guess={guess}
      data-testid="origin"
      title={hint}
    >
      {word}
    </span>
  )
}

/** Where many values come from: one badge, or each with its share. */
export function Origins({ sources }: { sources: Sources }) {
  const found = Object.entries(sources).sort(
    ([a, share], [b, other]) => Number(isGuess(a)) - Number(isGuess(b)) || other - share,
  )
  if (found.length <= 1) return <Origin source={found[0]?.[0]} />
  return (
    <span className="inline-flex flex-wrap gap-1" data-testid="origins">
      {found.map(([source, share]) => {
        const { word, hint, guess } = originOf(source)
        return (
          <span
            key={source}
            className={`origin ${guess ? 'hatched' : ''}`}
            data-guess={guess}
            title={hint}
          >
            {word} {share < 0.01 ? '<1 %' : percent(share)}
          </span>
        )
      })}
    </span>
  )
}
