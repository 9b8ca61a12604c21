import { ConnectionError, ErrorCode } from './errors.ts'

/** More than there can be calls in a second: of what a server may send with every call. */
const perCall = 50_000

/** How many frames of a kind may come in one second, of those that cost the server nothing and us a little each. */
const maxPerSecond = {
  /** grpc-go measures the bandwidth by one for the data of each call, as long as there is no answer to the last. */
  ping: perCall,
  settings: 200,
  windowUpdate: perCall,
  /** Node sends one before trailers. */
  emptyData: perCall,
  reset: perCall,
  /** HEADERS, DATA and resets of streams that are over. */
  afterEnd: perCall,
  informational: perCall,
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
