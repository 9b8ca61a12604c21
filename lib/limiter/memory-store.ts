import { hash } from 'node:crypto'
import { RecentMap } from '../recent-map.ts'
import type { TokenBucket, TokenStore } from './store.ts'
import { type Decision, takeTokens } from './token-bucket.ts'

/** Keys that are remembered at most: some 15 MB of them, and 30 MB at the worst. */
const defaultMaxKeys = 100_000

/** Longer keys are remembered by their hash: who chooses the key must not choose how much is kept. */
const maxKeyLength = 64

export interface MemoryStoreOptions {
  /** How many keys are remembered at most, and the half of them that was used last at least. Default 100,000. */
  maxKeys?: number
  /** Milliseconds on a clock that never goes back. Default: `performance.now()`. */
  now?: () => number
}

/** Token buckets of one process, by key. */
export class MemoryStore implements TokenStore {
  /** When the bucket of a key is full again. */
  readonly #fullAt: RecentMap<string, number>
  readonly #now: () => number

  constructor({ maxKeys = defaultMaxKeys, now = () => performance.now() }: MemoryStoreOptions = {}) {
    this.#fullAt = new RecentMap(maxKeys)
    this.#now = now
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#fullAt.size
  }

  take(text: string, bucket: TokenBucket, cost = 1): Decision {
    const key = text.length > maxKeyLength ? hash('sha256', text, 'base64url') : text
    const decision = takeTokens(bucket, this.#fullAt.get(key), this.#now(), cost)
    this.#fullAt.set(key, decision.fullAt)
    return decision
  }
}
