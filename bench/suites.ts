// All that `make bench` measures.
import { runCodec } from './codec.ts'
import { runMatch } from './match.ts'
import { runBare, runFull } from './side-by-side/cost.ts'
import { runFootprint } from './side-by-side/footprint.ts'
import { runGrowth } from './side-by-side/growth.ts'
import { runLatency } from './side-by-side/latency.ts'
import { runTokens } from './side-by-side/tokens.ts'
import type { Suite } from './suite.ts'
import { runTelemetry } from './telemetry.ts'

/** Whole gateways, beside each other. */
export const sideBySide: Record<string, () => Promise<Suite[]>> = {
  bare: runBare,
  full: runFull,
  tokens: runTokens,
  latency: runLatency,
  footprint: runFootprint,
  growth: runGrowth
}

/** Parts of Sluice. */
export const parts: Record<string, () => Suite | Promise<Suite>> = {
  codec: runCodec,
  match: runMatch,
  telemetry: runTelemetry
}

/** As in `CASE=`, in the order of the page. */
export const suites = [...Object.keys(sideBySide), ...Object.keys(parts)]
