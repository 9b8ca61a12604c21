import { hash } from 'node:crypto'
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

/**
 * Token buckets of one process, by key. They are kept in two maps: when the first is full, it becomes the second, and what
 * was in that and not used since is forgotten. To move each key that is used to the end of one map would cost a new table
 * every few requests.
 */
export class MemoryStore implements TokenStore {
  #recent = new Map<string, number>()
  #older = new Map<string, number>()
  readonly #maxRecent: number
  readonly #now: () => number

  constructor({ maxKeys = defaultMaxKeys, now = () => performance.now() }: MemoryStoreOptions = {}) {
    this.#maxRecent = Math.ceil(maxKeys / 2)
    this.#now = now
  }

  /** How many keys are remembered. */
  get size(): number {
    return this.#recent.size + this.#older.size
  }

  take(text: string, bucket: TokenBucket, cost = 1): Decision {
    const key = text.length > maxKeyLength ? hash('sha256', text, 'base64url') : text
    const decision = takeTokens(bucket, this.#fullAt(key), this.#now(), cost)
    this.#recent.set(key, decision.fullAt)
    if (this.#recent.size >= this.#maxRecent) this.#forget()
    return decision
  }

  /** When the bucket of the key is full again. */
  #fullAt(key: string): number | undefined {
    const fullAt = this.#recent.get(key)
    if (fullAt !== undefined || this.#older.size === 0) return fullAt
    const older = this.#older.get(key)
    // It is about to be a recent one.
    if (older !== undefined) this.#older.delete(key)
    return older
  }

  /** All that was not used since the last time. */
  #forget(): void {
    this.#older = this.#recent
    this.#recent = new Map()
  }
}
