import type { Taken, TokenBucket, TokenStore } from './store.ts'

export interface FailoverOptions {
  /** The store that counts. A take that it does not answer, or refuses with an error, is the other's. */
  shared: TokenStore
  /** How many takes in a row must fail before the shared store is left alone. Default 3. */
  maxFailures?: number
  /** How long it is left alone then, in milliseconds; one take tries it after that. Default 1000. */
  pauseMs?: number
  /** A take that was the local store's. */
  onFallback?(): void
  /** The shared store is left alone from now on, because of `error`. */
  onLost?(error: unknown): void
  /** It answered again. */
  onFound?(): void
  /** Milliseconds on a clock that never goes back. Default: `performance.now()`. */
  now?: () => number
}

/**
 * A shared store, and local ones for when it is away: a request is never refused, and never waits long, because of where
 * tokens are counted. A bucket of the local store begins full, so each process may admit one burst more than the limit
 * says, and as many processes as there are admit the rate.
 */
export class Failover {
  readonly #options: FailoverOptions
  readonly #maxFailures: number
  readonly #pauseMs: number
  readonly #now: () => number
  #failures = 0
  /** When the shared store may be tried again; null while it is used. */
  #retryAt: number | null = null

  constructor(options: FailoverOptions) {
    this.#options = options
    this.#maxFailures = options.maxFailures ?? 3
    this.#pauseMs = options.pauseMs ?? 1_000
    this.#now = options.now ?? (() => performance.now())
  }

  /** Whether the shared store is used. */
  get isShared(): boolean {
    return this.#retryAt === null
  }

  /** The shared store, with a `local` one that never fails beneath it. */
  over(local: TokenStore): TokenStore {
    const takeLocal: TokenStore['take'] = (key, bucket, cost) => {
      this.#options.onFallback?.()
      return local.take(key, bucket, cost)
    }
    return {
      take: (key, bucket, cost) =>
        this.#maySharedBeAsked() ? this.#take(key, bucket, cost, takeLocal) : takeLocal(key, bucket, cost)
    }
  }

  /** Of all takes that come when the pause is over, one is the probe. */
  #maySharedBeAsked(): boolean {
    if (this.#retryAt === null) return true
    const now = this.#now()
    if (now < this.#retryAt) return false
    this.#retryAt = now + this.#pauseMs
    return true
  }

  async #take(key: string, bucket: TokenBucket, cost: number, takeLocal: TokenStore['take']): Promise<Taken> {
    try {
      const taken = await this.#options.shared.take(key, bucket, cost)
      this.#onAnswer()
      return taken
    } catch (error) {
      this.#onFailure(error)
      return takeLocal(key, bucket, cost)
    }
  }

  #onAnswer(): void {
    this.#failures = 0
    if (this.#retryAt === null) return
    this.#retryAt = null
    this.#options.onFound?.()
  }

  #onFailure(error: unknown): void {
    this.#failures++
    if (this.#retryAt !== null || this.#failures < this.#maxFailures) return
    this.#retryAt = this.#now() + this.#pauseMs
    this.#options.onLost?.(error)
  }
}
