// What a reaction means, with the badge that says whose word holds: a person's, the model's, nobody's.
import { held, LOOKS, STATES, sure, type Meaning, type Reacted } from '../lib/reactions'

export function MeaningWord({ meaning }: { meaning: Meaning }) {
  const { word, hint, color } = LOOKS[meaning]
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap" title={hint}>
      <i
        aria-hidden="true"
        className="h-2.5 w-2.5 shrink-0 rounded-[3px]"
        style={{ background: `var(${color})` }}
      />
      {word}
    </span>
  )
}

export function Holds({ reaction }: { reaction: Reacted }) {
  const { by, meaning, confidence } = held(reaction)
  const how = confidence === null ? '' : ` ${sure(confidence)}`
  return (
    <span
      className="inline-flex flex-wrap items-center gap-1.5 text-sm"
      data-testid="holds"
      data-by={by}
    >
      {by === 'nobody' && <span className="origin">{STATES[reaction.state]}</span>}
      {by === 'person' && (
        <>
          {meaning ? <MeaningWord meaning={meaning} /> : <span>cannot be told</span>}
          <span className="origin" title="a person said so; it outweighs the model">
            person
          </span>
        </>
      )}
      {by === 'model' && meaning && (
        <>
          <MeaningWord meaning={meaning} />
          <span className="origin" title="the model’s estimate; no person has looked at it">
            model{how}
          </span>
        </>
      )}
      {by === 'unsure' && (
        <>
          <span
            className="origin hatched"
            data-guess="true"
            title="the model is not sure enough for its word to count"
          >
            unsure
          </span>
          {meaning && (
            <span className="label">
              perhaps {LOOKS[meaning].word.toLowerCase()}
              {how}
            </span>
          )}
        </>
      )}
    </span>
  )
}
