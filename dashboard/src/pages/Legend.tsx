// What colours, letters, heights and hatching mean in the lanes of a conversation.
import { HUES } from '../lib/feelings'
import { Feeling } from '../panels/Feeling'

export function Legend() {
  return (
    <details className="mb-3 text-sm">
      <summary className="label underline underline-offset-4">How to read this</summary>
      <ul className="mt-2 flex flex-wrap gap-x-4 gap-y-1" aria-label="Feelings">
        {HUES.map((hue) => (
          <li key={hue}>
            <Feeling emotion={hue} />
          </li>
        ))}
      </ul>
      <p className="mt-2 text-soft">
        A bar is a turn: the taller, the stronger the feeling; the paler, the less sure the reading.
        The strips below it are feelings that were mixed in. Triangles mark where the mood turns:
        the smoothed valence goes back by at least half a step of the two that it spans.{' '}
        <span className="hatched rounded px-1">Hatched</span> is what rests on no evidence: an
        estimate, or the default of a new pair.
      </p>
    </details>
  )
}
