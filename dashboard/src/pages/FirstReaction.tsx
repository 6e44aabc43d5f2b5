// No reaction is known yet: what to send, to be copied.
import { Snippet } from './Snippet'

export function FirstReaction() {
  const { origin } = window.location
  const turn =
    '{"type":"turn","id":"turn-1","session":"luna-ann","bot":"luna","user":"ann","message":"why are there tides?","reply":"Tides follow the moon."}'
  const reaction =
    '{"type":"reaction","session":"luna-ann","user":"ann","bot":"luna","emoji":"❤️","target":"turn-1"}'
  return (
    <section aria-labelledby="first-head" data-testid="first-reaction">
      <h2 id="first-head" className="text-soft">
        No reaction to a message is known yet. Send a <code>reaction</code> with the{' '}
        <code>target</code> it is for, the id of a turn or a message; what it means is judged with
        the talk around it.
      </h2>
      <div className="mt-4 grid max-w-4xl grid-cols-[minmax(0,1fr)] gap-4">
        <Snippet
          title="A turn, and a reaction to its reply"
          text={`curl ${origin}/v1/events \\\n  -H 'content-type: application/json' \\\n  -d '[${turn},\n       ${reaction}]'`}
        />
      </div>
    </section>
  )
}
