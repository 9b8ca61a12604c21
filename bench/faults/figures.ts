/** One call that the client made. Times are in milliseconds since the epoch. */
export interface CallRecord {
  startedAt: number
  tookMs: number
  /** Why it failed; null: it was answered. `UNFINISHED`: it had not ended when the client stopped waiting. */
  code: string | null
  attempts: number
  /** Whether it may be repeated whatever became of it. */
  safe: boolean
}

/** When a fault began and ended, in milliseconds since the epoch. */
export interface FaultTimes {
  from: number
  to: number
}

export interface Latencies {
  p50: number
  p99: number
  max: number
}

export interface Figures {
  calls: number
  /** By code, of the calls that may be repeated and of those that may not. */
  safeErrors: Record<string, number>
  otherErrors: Record<string, number>
  attemptsPerCall: number
  before: Latencies
  during: Latencies
  after: Latencies
  /** Milliseconds to the first second without an error; null: there was none. */
  recoveredAfterStartMs: number | null
  recoveredAfterEndMs: number | null
}

/** How long nothing may fail for a client to count as recovered, in milliseconds. */
const calmMs = 1000

/** Sums up what the calls of a client say about a fault, which is over those that ended in it, or began. */
export function figuresOf(records: readonly CallRecord[], { from, to }: FaultTimes): Figures {
  const begun = (call: CallRecord) => call.startedAt < to
  const ended = (call: CallRecord) => call.startedAt + call.tookMs <= from
  return {
    calls: records.length,
    safeErrors: countErrors(records.filter(({ safe }) => safe)),
    otherErrors: countErrors(records.filter(({ safe }) => !safe)),
    attemptsPerCall: records.reduce((sum, { attempts }) => sum + attempts, 0) / records.length,
    before: latenciesOf(records.filter(ended)),
    during: latenciesOf(records.filter(call => begun(call) && !ended(call))),
    after: latenciesOf(records.filter(call => !begun(call))),
    recoveredAfterStartMs: recovery(records, from),
    recoveredAfterEndMs: recovery(records, to)
  }
}

function countErrors(records: readonly CallRecord[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { code } of records) if (code !== null) counts[code] = (counts[code] ?? 0) + 1
  return counts
}

function latenciesOf(records: readonly CallRecord[]): Latencies {
  const sorted = records.map(({ tookMs }) => tookMs).sort((one, other) => one - other)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}

/** When the first second begins, from a time on, in which no call was begun that failed. */
function recovery(records: readonly CallRecord[], from: number): number | null {
  const failed = records.filter(({ code, startedAt }) => code !== null && startedAt >= from)
  const last = Math.max(...records.map(({ startedAt }) => startedAt))
  let calm = from
  for (const { startedAt } of failed.sort((one, other) => one.startedAt - other.startedAt)) {
    if (startedAt - calm >= calmMs) break
    calm = startedAt
  }
  return last - calm >= calmMs ? calm - from : null
}
