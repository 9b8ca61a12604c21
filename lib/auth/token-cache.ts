import { RecentMap } from '../recent-map.ts'

const maxTtlMs = 60_000

export interface TokenCacheOptions {
  /** How many tokens are remembered at most, and the half of them that came last at least. Default 10,000. */
  maxTokens?: number
  /** Milliseconds since the epoch. Default: `Date.now()`. */
  now?: () => number
}

/**
 * What verified tokens say, so that one that comes again within a minute is not verified again, and never beyond its own end.
 * They are kept as they are: to hash them hides nothing, as what they say is sent on with the token itself.
 */
export class TokenCache<Value> {
  readonly #entries: RecentMap<string, { value: Value; until: number }>
  readonly #now: () => number

  constructor({ maxTokens = 10_000, now = () => Date.now() }: TokenCacheOptions = {}) {
    this.#entries = new RecentMap(maxTokens)
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
  }

  /** Forgets all: a key may be gone that some were verified with. */
  clear(): void {
    this.#entries.clear()
  }
}
