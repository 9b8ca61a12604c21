// `make bench`: measures, then writes BENCHMARKS.md and bench/results.json. CASE=codec measures one suite and keeps what is
// known of the others.
import { runCodec } from './codec.ts'
import { runLatency } from './hop/latency.ts'
import { runHop } from './hop/run.ts'
import { runMatch } from './match.ts'
import { record } from './report.ts'
import type { Suite } from './suite.ts'
import { runTelemetry } from './telemetry.ts'

const suites: Record<string, () => Suite | Promise<Suite>> = {
  hop: runHop,
  latency: runLatency,
  codec: runCodec,
  match: runMatch,
  telemetry: runTelemetry
}

const wanted = process.env.CASE ?? ''
if (wanted !== '' && !Object.hasOwn(suites, wanted)) {
  console.error(`CASE must be one of ${Object.keys(suites).join(', ')}`)
  process.exit(1)
}
for (const [name, run] of Object.entries(suites)) {
  if (wanted === '' || wanted === name) await record(name, await run())
}
