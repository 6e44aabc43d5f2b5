// What the model made of a reaction: four probabilities as bars, and its reason in words.
import { decimal, epoch, name, when, words } from '../lib/format'
import { LOOKS, MEANINGS, sure, type Reacted } from '../lib/reactions'
import { MeaningWord } from './Meaning'

export function OpinionBars({ reaction }: { reaction: Reacted }) {
  const { verdict } = reaction
  if (!verdict) {
    return (
      <p className="label">
        {reaction.why
          ? `No model was asked: ${words(reaction.why, 80)}.`
          : 'The model has not judged it yet.'}
      </p>
    )
  }
  const known = MEANINGS.some((one) => verdict.probabilities[one] !== undefined)
  return (
    <div data-testid="opinion">
      <p className="text-sm">
        {verdict.meaning
          ? `The model’s estimate: ${LOOKS[verdict.meaning].word.toLowerCase()}, ${sure(verdict.confidence)} sure`
          : `The model is unsure: ${sure(verdict.confidence)} for the likeliest`}
      </p>
      {known ? (
        <ul className="mt-2 grid gap-1">
          {MEANINGS.map((one) => {
            const share = verdict.probabilities[one] ?? 0
            return (
              <li
                key={one}
                className="grid grid-cols-[8.5rem_minmax(0,1fr)_3rem] items-center gap-2 text-sm"
              >
                <MeaningWord meaning={one} />
                <span className="bar" aria-hidden="true">
                  <i
                    className={verdict.meaning ? '' : 'hatched'}
                    style={{
                      width: `${100 * share}%`,
                      background: verdict.meaning ? `var(${LOOKS[one].color})` : undefined,
                    }}
                  />
                </span>
                <span className="text-right font-medium whitespace-nowrap">{sure(share)}</span>
              </li>
            )
          })}
        </ul>
      ) : (
        <p className="label mt-1">It gives no probabilities.</p>
      )}
      <p className="mt-2 text-sm" data-testid="reasoning">
        {verdict.reasoning ? name(verdict.reasoning, 1_000) : 'It gives no reason.'}
      </p>
      <p className="label mt-1">
        {verdict.satisfaction !== null && `satisfaction ${decimal(verdict.satisfaction)}, `}
        {verdict.score !== null && `score ${decimal(verdict.score)}, `}
        {name(verdict.model, 40)}/{name(verdict.version, 20)}, {when(epoch(verdict.at))}
      </p>
    </div>
  )
}
