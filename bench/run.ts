// `make bench`: measures, then writes BENCHMARKS.md and bench/results.json. CASE=codec measures one suite and keeps what is
// known of the others; CASE=list20, or PEER=gin, measures that much alone, and writes nothing.
import { cases } from './cases.ts'
import { runCodec } from './codec.ts'
import { runHop } from './hop/run.ts'
import { runMatch } from './match.ts'
import { record, show } from './report.ts'
import { runBare, runFull } from './side-by-side/cost.ts'
import { runFootprint } from './side-by-side/footprint.ts'
import { runGrowth } from './side-by-side/growth.ts'
import { runLatency } from './side-by-side/latency.ts'
import type { Suite } from './suite.ts'
import { runTelemetry } from './telemetry.ts'

const suites: Record<string, () => Suite | Promise<Suite | Suite[]>> = {
  bare: runBare,
  full: runFull,
  latency: runLatency,
  footprint: runFootprint,
  growth: runGrowth,
  hop: runHop,
  codec: runCodec,
  match: runMatch,
  telemetry: runTelemetry
}

const wanted = process.env.CASE ?? ''
const isOneCase = Object.hasOwn(cases, wanted)
const isPartial = isOneCase || (process.env.PEER ?? '') !== ''
if (wanted !== '' && !isOneCase && !Object.hasOwn(suites, wanted)) {
  console.error(`CASE must be one of ${[...Object.keys(suites), ...Object.keys(cases)].join(', ')}`)
  process.exit(1)
}
const names = isOneCase ? ['bare', 'full'] : Object.keys(suites).filter(name => wanted === '' || wanted === name)
for (const name of names) {
  for (const [index, suite] of [await suites[name]!()].flat().entries()) {
    show(suite)
    if (!isPartial) await record(index === 0 ? name : `${name}-${index}`, suite)
  }
}
