/** Waits that grow with each failure, as gRPC's do. */
export interface BackoffOptions {
  /** The first wait, in milliseconds. Default 1000. */
  baseMs?: number
  /** How much longer each is than the one before. Default 1.6. */
  factor?: number
  /** How far each may be off, as a share of itself, so that many clients do not come at once. Default 0.2. */
  jitter?: number
  /** The longest, before its jitter, in milliseconds. Default 30,000. */
  maxMs?: number
}

/** @see https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md */
export class Backoff {
  readonly #baseMs: number
  readonly #factor: number
  readonly #jitter: number
  readonly #maxMs: number
  readonly #random: () => number
  #nextMs: number

  constructor(options: BackoffOptions = {}, random: () => number = Math.random) {
    const { baseMs = 1_000, factor = 1.6, jitter = 0.2, maxMs = 30_000 } = options
    this.#baseMs = baseMs
    this.#factor = factor
    this.#jitter = jitter
    this.#maxMs = maxMs
    this.#random = random
    this.#nextMs = baseMs
  }

  /** How long to wait after one more failure, in milliseconds. */
  next(): number {
    const waitMs = Math.min(this.#nextMs, this.#maxMs)
    this.#nextMs = waitMs * this.#factor
    return waitMs * (1 + this.#jitter * (2 * this.#random() - 1))
  }

  /** It went well: the next wait is the first again. */
  reset(): void {
    this.#nextMs = this.#baseMs
  }
}
