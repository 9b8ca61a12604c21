import type { Taken, TokenBucket } from './store.ts'

export interface Decision extends Taken {
  /**
   * The state to keep for the key: when the bucket is full again, in milliseconds on the clock of `now`. A key without a
   * state, or with one that has passed, has a full bucket.
   */
  fullAt: number
}

/** Times are sums of fractions: a request that comes in time must not be refused for the last bit of one. */
const toleranceMs = 1e-6

/** The bucket that `rate` tokens a second flow into, up to `burst`. */
export function tokenBucket(rate: number, burst: number): TokenBucket {
  return { size: burst, periodMs: (burst / rate) * 1000 }
}

/**
 * Takes tokens by the generic cell rate algorithm, which keeps one number per bucket: the theoretical arrival time of the
 * first request that would find it full (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). In any span of t ms
 * at most `size + t * size / periodMs` tokens are given out; a request that is refused costs nothing.
 *
 * @param fullAt the state of the key.
 * @param cost how many tokens, from 1 to the size of the bucket.
 */
export function takeTokens(
  { size, periodMs }: TokenBucket,
  fullAt: number | undefined,
  now: number,
  cost = 1
): Decision {
  const tokenMs = periodMs / size
  const before = Math.max(fullAt ?? now, now)
  const after = before + cost * tokenMs
  const missingMs = after - now - periodMs
  const allowed = missingMs <= toleranceMs
  const state = allowed ? after : before
  const remaining = Math.max(0, Math.floor((now + periodMs - state + toleranceMs) / tokenMs))
  return { allowed, fullAt: state, remaining, resetMs: allowed ? after - now : missingMs }
}
