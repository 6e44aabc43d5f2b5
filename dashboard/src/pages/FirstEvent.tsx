// Nothing is live yet: three ways to send a first event, to be copied, and the demo.
import { useState } from 'react'

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

function Snippet({ title, text }: { title: string; text: string }) {
  const [copied, setCopied] = useState<'' | 'Copied' | 'Select and copy'>('')
  const copy = () => {
    navigator.clipboard
      ?.writeText(text)
      .then(() => setCopied('Copied'))
      .catch(() => setCopied('Select and copy'))
  }
  return (
    <section className="card flex flex-col p-4">
      <div className="mb-2 flex items-center justify-between gap-2">
        <h3 className="head">{title}</h3>
        <button type="button" className="btn" onClick={copy} aria-label={`Copy: ${title}`}>
          {copied || 'Copy'}
        </button>
      </div>
      <pre
        className="flex-1 overflow-x-auto rounded-lg bg-sunken p-3 font-mono text-[13px] whitespace-pre"
        tabIndex={0}
      >
        {text}
      </pre>
    </section>
  )
}
