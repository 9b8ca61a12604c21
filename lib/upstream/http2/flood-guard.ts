import { ConnectionError, ErrorCode } from './errors.ts'

/** How many frames of a kind may come in one second, of those that cost the server nothing and us a little each. */
const maxPerSecond = {
  ping: 2_000,
  settings: 200,
  windowUpdate: 50_000,
  emptyData: 2_000,
  reset: 50_000,
  /** HEADERS, DATA and resets of streams that are over. */
  afterEnd: 50_000,
  informational: 2_000,
  ignored: 2_000,
  goaway: 100
} as const

export type FloodKind = keyof typeof maxPerSecond

const kinds = Object.keys(maxPerSecond) as FloodKind[]

/** Ends a connection on which frames come that say nothing, faster than a server with something to say would send them. */
export class FloodGuard {
  readonly #counts = Object.fromEntries(kinds.map(kind => [kind, 0])) as Record<FloodKind, number>
  readonly #now: () => number
  #since = 0

  /** @param now a clock, in milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** @throws {ConnectionError} ENHANCE_YOUR_CALM for one too many */
  count(kind: FloodKind): void {
    this.#counts[kind] += 1
    if (this.#counts[kind] <= maxPerSecond[kind]) return
    // The clock is read when it matters, and not for every frame.
    const now = this.#now()
    if (now - this.#since < 1_000) throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, `too many frames: ${kind}`)
    this.#since = now
    for (const each of kinds) this.#counts[each] = 0
  }
}
