import type { FastifyRateLimitStore } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { policyItem } from '../../lib/limiter/rate-limit-fields.ts'
import type { Taken, TokenBucket, TokenStore } from '../../lib/limiter/store.ts'
import { tokenBucket } from '../../lib/limiter/token-bucket.ts'
import type { BucketOptions } from './options.ts'

/** Buckets of the same size, one for each key. */
export interface Limit {
  /** What clients and metrics know it as: `address`, `global`, `subject`, `route`, `failures`. */
  readonly name: string
  readonly bucket: TokenBucket
  /** Its item of `RateLimit-Policy`. */
  readonly policyItem: string
  keyOf(request: FastifyRequest): string
  /** Takes tokens from the bucket of the request. */
  take(request: FastifyRequest, cost: number): Promise<Taken>
}

export interface LimitOptions extends BucketOptions {
  name: string
  /** What tells its keys from those of other limits; the same in every gateway. Default: the name. */
  namespace?: string
  store: TokenStore
  keyOf(request: FastifyRequest): string
}

/** A limit behind @fastify/rate-limit, which must be registered with `BucketStore`. */
export function createLimit(gateway: FastifyInstance, options: LimitOptions): Limit {
  const { name, namespace = name, rate, burst, store, keyOf } = options
  const bucket = tokenBucket(rate, burst)
  const checks = new Map<number, ReturnType<typeof createCheck>>()

  function checkOf(cost: number) {
    const known = checks.get(cost)
    if (known !== undefined) return known
    const check = createCheck(gateway, keyOf, { namespace, bucket, store, cost })
    checks.set(cost, check)
    return check
  }

  return {
    name,
    bucket,
    policyItem: policyItem(name, bucket),
    keyOf,
    async take(request, cost) {
      const result = await checkOf(cost)(request)
      // There is no list of keys that are always allowed.
      if (result.isAllowed) return { allowed: true, remaining: burst, resetMs: 0 }
      return { allowed: !result.isExceeded, remaining: result.remaining, resetMs: result.ttl }
    }
  }
}

/** What a store of @fastify/rate-limit is told for a limit. */
interface Bucket {
  namespace: string
  bucket: TokenBucket
  store: TokenStore
  cost: number
}

function createCheck(gateway: FastifyInstance, keyOf: LimitOptions['keyOf'], bucket: Bucket) {
  const { size, periodMs } = bucket.bucket
  // The library passes on what it does not know to the store.
  const options = { max: size, timeWindow: Math.ceil(periodMs), keyGenerator: keyOf, sluice: bucket }
  return gateway.createRateLimit(options)
}

/**
 * Token buckets in the clothes of @fastify/rate-limit, whose own stores count in fixed windows: there, twice the limit
 * passes around the edge of a window.
 */
export class BucketStore implements FastifyRateLimitStore {
  readonly #bucket: Bucket | undefined

  constructor(options: object) {
    this.#bucket = (options as { sluice?: Bucket }).sluice
  }

  incr(key: string, callback: Parameters<FastifyRateLimitStore['incr']>[1]): void {
    const { namespace, bucket, store, cost } = this.#bucket!
    const answer = ({ allowed, remaining, resetMs }: Taken) =>
      callback(null, { current: allowed ? bucket.size - remaining : bucket.size + 1, ttl: resetMs })
    const taken = store.take(`${namespace} ${key}`, bucket, cost)
    if (taken instanceof Promise) taken.then(answer, error => callback(error))
    else answer(taken)
  }

  child(options: object): FastifyRateLimitStore {
    return new BucketStore(options)
  }
}
