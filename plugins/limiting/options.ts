import { StartError } from '../../errors.ts'
import type { TokenStore } from '../../lib/limiter/store.ts'

/** A token bucket: `rate` tokens a second flow in, up to `burst`. */
export interface BucketOptions {
  /** Tokens per second, above 0. */
  rate: number
  /** The size of the bucket, a whole number of at least 1. */
  burst: number
}

export interface RedisOptions {
  /** `redis://[user:password@]host:port[/db]`, or `rediss://` for TLS. Redis 5 or newer. */
  url: string
  /** How long a request waits for Redis, in milliseconds. Default 25. */
  timeoutMs?: number
}

export interface LimitingOptions {
  /** The bucket of each client address, which every request takes from. Null: none. */
  address: BucketOptions | null
  /** The bucket of all requests together. Default null: none. */
  global?: BucketOptions | null
  /** The bucket of each signed-in user, from every address. Default null: none. */
  subject?: BucketOptions | null
  /**
   * The bucket of each client address that requests take from which end 400, 401, 403, 404 or 405. Once it is empty, the
   * address is refused until it has a token. Default null: none.
   */
  failures?: BucketOptions | null
  /** Where gateways count together. Default null: each counts for itself. */
  redis?: RedisOptions | null
  /** Where tokens are counted without Redis, and while it is away. Default null: in the memory of the process. */
  local?: TokenStore | null
}

/** @throws {StartError} SLUICE_ERR_OPTION_INVALID */
export function checkOptions({
  address,
  global,
  subject,
  failures,
  redis,
  local = null
}: LimitingOptions): Required<LimitingOptions> {
  const buckets = { address, global: global ?? null, subject: subject ?? null, failures: failures ?? null }
  for (const [name, bucket] of Object.entries(buckets)) if (bucket !== null) checkBucket(name, bucket)
  if (redis === null || redis === undefined) return { ...buckets, redis: null, local }
  const { url, timeoutMs = 25 } = redis
  if (!/^rediss?:\/\/./.test(url)) throw invalid('redis.url must be redis://host:port or rediss://host:port')
  if (!(timeoutMs > 0)) throw invalid('redis.timeoutMs must be above 0')
  return { ...buckets, redis: { url, timeoutMs }, local }
}

export function invalid(problem: string): StartError {
  return new StartError('SLUICE_ERR_OPTION_INVALID', ['limiting', problem])
}

function checkBucket(name: string, { rate, burst }: BucketOptions): void {
  if (!(rate > 0 && rate < Number.POSITIVE_INFINITY)) throw invalid(`${name}.rate must be above 0`)
  if (!(Number.isInteger(burst) && burst >= 1)) throw invalid(`${name}.burst must be a whole number of at least 1`)
}
