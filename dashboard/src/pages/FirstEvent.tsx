// Nothing is live yet: three ways to send a first event, to be copied, and the demo.
import { Snippet } from './Snippet'

export function FirstEvent() {
  const origin = window.location.origin
  const event = '{"type":"message","session":"my-first-room","user":"ann","text":"hello"}'
  const ways = [
    {
      title: 'With curl',
      text: `curl ${origin}/v1/events \\\n  -H 'content-type: application/json' \\\n  -d '${event}'`,
    },
    {
      title: 'From Python',
      text: [
        'import json, urllib.request',
        '',
        'event = {"type": "message", "session": "my-first-room",',
        '         "user": "ann", "text": "hello"}',
        'urllib.request.urlopen(urllib.request.Request(',
        `    "${origin}/v1/events", json.dumps(event).encode(),`,
        '    {"content-type": "application/json"}))',
      ].join('\n'),
    },
    {
      title: 'From a file, one event per line',
      text: `roomtone ingest events.jsonl\n\n# or, from any machine\ncurl '${origin}/v1/events?history=true' --data-binary @events.jsonl`,
    },
  ]
  return (
    <section className="mt-6" aria-labelledby="first-head" data-testid="first-event">
      <h2 id="first-head" className="text-soft">
        Send a first event, and its room appears here at once.
      </h2>
      <div className="mt-4 grid max-w-4xl grid-cols-[minmax(0,1fr)] gap-4">
        {ways.map((way) => (
          <Snippet key={way.title} {...way} />
        ))}
      </div>
      <div className="mt-4 max-w-4xl">
        <Snippet title="Or look at a made-up crowd first" text="roomtone demo" />
      </div>
    </section>
  )
}
