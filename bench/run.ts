// `make bench`: measures, then writes BENCHMARKS.md and bench/results.json. CASE=codec measures one suite and keeps what is
// known of the others; CASE=list20, or PEER=sluice,gin, measures that much alone, and writes nothing.
import { cases } from './cases.ts'
import { runCodec } from './codec.ts'
import { runHop } from './hop/run.ts'
import { runMatch } from './match.ts'
import { record, show } from './report.ts'
import { runBare, runFull } from './side-by-side/cost.ts'
import { runFootprint } from './side-by-side/footprint.ts'
import { runGrowth } from './side-by-side/growth.ts'
import { runLatency } from './side-by-side/latency.ts'
import { participants, problemOfPeers } from './side-by-side/peers.ts'
import type { Suite } from './suite.ts'
import { runTelemetry } from './telemetry.ts'

/** Whole gateways, beside each other. */
const sideBySide: Record<string, () => Promise<Suite[]>> = {
  bare: runBare,
  full: runFull,
  latency: runLatency,
  footprint: runFootprint,
  growth: runGrowth
}
/** Parts of Sluice. */
const parts: Record<string, () => Suite | Promise<Suite>> = {
  hop: runHop,
  codec: runCodec,
  match: runMatch,
  telemetry: runTelemetry
}
const suites = [...Object.keys(sideBySide), ...Object.keys(parts)]

const wanted = process.env.CASE ?? ''
const isOneCase = Object.hasOwn(cases, wanted)
const isPartial = isOneCase || (process.env.PEER ?? '') !== ''
const problem = problemOfCase() ?? problemOfPeers()
if (problem !== null) {
  console.error(problem)
  process.exit(1)
}
const names = isOneCase ? ['bare', 'full'] : suites.filter(name => wanted === '' || wanted === name)
for (const name of names) {
  const compare = sideBySide[name]
  const tables = compare === undefined ? [await parts[name]!()] : await compare()
  show(tables)
  if (!isPartial) await record(name, tables, suites, compare && (await participants()))
}

function problemOfCase(): string | null {
  if (wanted === '' || isOneCase || suites.includes(wanted)) return null
  return `CASE takes a suite (${suites.join(', ')}) or a case (${Object.keys(cases).join(', ')}); not ${wanted}`
}
