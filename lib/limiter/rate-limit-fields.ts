import type { Taken, TokenBucket } from './store.ts'

/**
 * An item of `RateLimit-Policy`: a bucket of `q` tokens, which fills in `w` seconds
 * (https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-11).
 *
 * @param name letters, digits and `-`.
 */
export function policyItem(name: string, { size, periodMs }: TokenBucket): string {
  return `"${name}";q=${size};w=${wholeSeconds(periodMs)}`
}

/** An item of `RateLimit`, of the same draft: `r` tokens are left, and in `t` seconds the bucket is full, or has one. */
export function limitItem(name: string, { remaining, resetMs }: Taken): string {
  return `"${name}";r=${remaining};t=${wholeSeconds(resetMs)}`
}

/** Whole seconds that are never too short. */
export function wholeSeconds(ms: number): number {
  return Math.max(1, Math.ceil(ms / 1000))
}
