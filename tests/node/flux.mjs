// Reads a JSON list of Flux scripts, says of each whether InfluxData's own compiler takes it.
import { Flux } from '@influxdata/flux-lsp-node'

let text = ''
for await (const part of process.stdin) text += part
console.log(JSON.stringify(JSON.parse(text).map((script) => new Flux(script).is_valid())))
