// No conversation is recorded yet: three ways to record a first turn, to be copied.
import { Snippet } from './Snippet'

export function FirstTurn() {
  const { origin } = window.location
  const turn =
    '{"type":"turn","session":"luna-ann","bot":"luna","user":"ann","message":"hello","reply":"Hi Ann!"}'
  const ways = [
    {
      title: 'From Python, with one call',
      text: [
        'import roomtone',
        '',
        `recorder = roomtone.Recorder("${origin}")`,
        'recorder.record(bot="luna", user="ann", message="hello", reply="Hi Ann!")',
      ].join('\n'),
    },
    {
      title: 'With curl',
      text: `curl ${origin}/v1/events \\\n  -H 'content-type: application/json' \\\n  -d '${turn}'`,
    },
    {
      title: 'From what is instrumented with OpenTelemetry already',
      text: `export OTEL_EXPORTER_OTLP_ENDPOINT=${origin}\nexport OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`,
    },
  ]
  return (
    <section aria-labelledby="first-head" data-testid="first-turn">
      <h2 id="first-head" className="text-soft">
        No conversation is recorded yet. Record a first turn, and it appears here.
      </h2>
      <div className="mt-4 grid max-w-4xl grid-cols-[minmax(0,1fr)] gap-4">
        {ways.map((way) => (
          <Snippet key={way.title} {...way} />
        ))}
      </div>
    </section>
  )
}
