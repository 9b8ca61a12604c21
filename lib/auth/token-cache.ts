const maxTtlMs = 60_000

export interface TokenCacheOptions {
  /** How many tokens are remembered; the one that was verified longest ago is forgotten first. Default 10,000. */
  maxTokens?: number
  /** Milliseconds since the epoch. Default: `Date.now()`. */
  now?: () => number
}

/**
 * What verified tokens say, so that one that comes again within a minute is not verified again, and never beyond its own end.
 * They are kept as they are: to hash them hides nothing, as what they say is sent on with the token itself.
 */
export class TokenCache<Value> {
  readonly #entries = new Map<string, { value: Value; until: number }>()
  /**
   * Stands before the oldest token. A new one would have to pass, each time, the holes that all tokens before it have left in
   * the map.
   */
  readonly #oldest = this.#entries.keys()
  readonly #maxTokens: number
  readonly #now: () => number

  constructor({ maxTokens = 10_000, now = () => Date.now() }: TokenCacheOptions = {}) {
    this.#maxTokens = maxTokens
    this.#now = now
  }

  get(token: string): Value | null {
    const entry = this.#entries.get(token)
    if (entry === undefined) return null
    if (this.#now() < entry.until) return entry.value
    this.#entries.delete(token)
    return null
  }

  /** @param expiresAtMs when the token ends, in milliseconds since the epoch. */
  set(token: string, value: Value, expiresAtMs: number): void {
    const until = Math.min(this.#now() + maxTtlMs, expiresAtMs)
    this.#entries.set(token, { value, until })
    if (this.#entries.size > this.#maxTokens) this.#entries.delete(this.#oldest.next().value!)
  }

  /** Forgets all: a key may be gone that some were verified with. */
  clear(): void {
    this.#entries.clear()
  }
}
