/** A bucket of `size` tokens that fills from empty to full in `periodMs`. A request takes one. */
export interface TokenBucket {
  size: number
  periodMs: number
}

export interface Decision {
  allowed: boolean
  /**
   * The state to keep for the key: when the bucket is full again, in milliseconds on the clock of `now`. A key without a
   * state, or with one that has passed, has a full bucket.
   */
  fullAt: number
  /** Whole tokens that are left. */
  remaining: number
  /** Allowed: until the bucket is full again. Refused: until it has a token. In milliseconds. */
  resetMs: number
}

/** Times are sums of fractions: a request that comes in time must not be refused for the last bit of one. */
const toleranceMs = 1e-6

/**
 * Takes a token by the generic cell rate algorithm, which keeps one number per bucket: the theoretical arrival time of the
 * first request that would find it full (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). In any span of t ms
 * at most `size + t * size / periodMs` requests pass; a refused one costs nothing.
 *
 * @param fullAt the state of the key.
 */
export function takeToken({ size, periodMs }: TokenBucket, fullAt: number | undefined, now: number): Decision {
  const tokenMs = periodMs / size
  const before = Math.max(fullAt ?? now, now)
  const after = before + tokenMs
  const missingMs = after - now - periodMs
  if (missingMs > toleranceMs) return { allowed: false, fullAt: before, remaining: 0, resetMs: missingMs }
  const remaining = Math.max(0, Math.floor((toleranceMs - missingMs) / tokenMs))
  return { allowed: true, fullAt: after, remaining, resetMs: after - now }
}
