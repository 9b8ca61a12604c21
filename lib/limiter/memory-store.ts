import { hash } from 'node:crypto'
import type { TokenBucket, TokenStore } from './store.ts'
import { type Decision, takeTokens } from './token-bucket.ts'

/** Keys that are remembered at most: some 15 MB of them, and 30 MB at the worst. */
const defaultMaxKeys = 100_000

/** Longer keys are remembered by their hash: who chooses the key must not choose how much is kept. */
const maxKeyLength = 64

export interface MemoryStoreOptions {
  /** How many keys are remembered; the one that was used longest ago is forgotten first. Default 100,000. */
  maxKeys?: number
  /** Milliseconds on a clock that never goes back. Default: `performance.now()`. */
  now?: () => number
}

/** Token buckets of one process, by key. */
export class MemoryStore implements TokenStore {
  readonly #fullAt = new Map<string, number>()
  readonly #maxKeys: number
  readonly #now: () => number

  constructor({ maxKeys = defaultMaxKeys, now = () => performance.now() }: MemoryStoreOptions = {}) {
    this.#maxKeys = maxKeys
    this.#now = now
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#fullAt.size
  }

  take(text: string, bucket: TokenBucket, cost = 1): Decision {
    const key = text.length > maxKeyLength ? hash('sha256', text, 'base64url') : text
    const decision = takeTokens(bucket, this.#fullAt.get(key), this.#now(), cost)
    // Deleted and set, a key is the newest of the map: the first is the one that was used longest ago.
    this.#fullAt.delete(key)
    this.#fullAt.set(key, decision.fullAt)
    if (this.#fullAt.size > this.#maxKeys) this.#forgetOldest()
    return decision
  }

  #forgetOldest(): void {
    for (const key of this.#fullAt.keys()) {
      this.#fullAt.delete(key)
      return
    }
  }
}
