/** A bucket of `size` tokens that fills from empty to full in `periodMs`. */
export interface TokenBucket {
  size: number
  periodMs: number
}

/** What became of a request for tokens. */
export interface Taken {
  allowed: boolean
  /** Whole tokens that are left. */
  remaining: number
  /** Allowed: until the bucket is full again. Refused: until it has the tokens. In milliseconds. */
  resetMs: number
}

/** Where token buckets are kept, by key. */
export interface TokenStore {
  /**
   * Takes `cost` tokens from the bucket of `key`, all or none.
   *
   * @param key any text; the same key with another bucket is the same bucket.
   */
  take(key: string, bucket: TokenBucket, cost: number): Taken | Promise<Taken>
}
