import rateLimit, { type FastifyRateLimitStore } from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { RequestError, StartError } from '../errors.ts'
import { MemoryStore } from '../lib/limiter/memory-store.ts'
import type { RouteRateLimit } from '../lib/policies/route-policy.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `false`: requests of this route cost no token. */
    limiting?: false
  }
}

export interface LimitingOptions {
  /** Tokens per second that flow into the bucket of a client address, above 0. */
  rate: number
  /** The size of that bucket, at least 1. */
  burst: number
}

type Check = ReturnType<FastifyInstance['createRateLimit']>

/**
 * Token buckets: one per client address for all requests, taken from before anything else is looked at, so that probing
 * for tokens and paths is limited too; and those of the route's policy, once the user is known. IPv6 addresses share a
 * bucket per /64.
 */
async function limiting(gateway: FastifyInstance, { rate, burst }: LimitingOptions) {
  if (!(rate > 0)) throw new StartError('SLUICE_ERR_OPTION_INVALID', ['limiting', 'rate must be above 0'])
  if (!(burst >= 1)) throw new StartError('SLUICE_ERR_OPTION_INVALID', ['limiting', 'burst must be at least 1'])
  await gateway.register(rateLimit, { global: false, store: TokenBucketStore })
  const rejected = gateway.meter.createCounter('rate_limiter.rejected.count', { description: 'Requests refused.' })
  const checkAddress = createCheck(gateway, { rate, burst, key: 'address' })

  gateway.addHook('onRequest', async function limitAddress(request, reply) {
    if (request.routeOptions.config?.limiting !== false) await take('address', checkAddress, request, reply)
  })

  gateway.addHook('onRoute', function limitRoute(route) {
    const limit = route.config?.policy?.rateLimit
    if (limit === null || limit === undefined) return
    const check = createCheck(gateway, limit)
    // After authentication, which is an onRequest hook of the route, and before the body is read.
    route.preParsing = [route.preParsing ?? []].flat().concat(async function limitByPolicy(request, reply) {
      await take(limit.key, check, request, reply)
    })
  })

  async function take(key: RouteRateLimit['key'], check: Check, request: FastifyRequest, reply: FastifyReply) {
    const span = request.startSpan('rate_limiter.check', { 'rate_limiter.key': key })
    const result = await check(request)
    if (result.isAllowed) return span.end()
    span.setAttribute('rate_limiter.allowed', !result.isExceeded).end()
    reply.header('ratelimit-limit', result.max)
    reply.header('ratelimit-remaining', result.remaining)
    reply.header('ratelimit-reset', result.ttlInSeconds)
    if (!result.isExceeded) return
    rejected.add(1, { 'rate_limiter.key': key, 'http.route': request.route ?? '' })
    throw new RequestError('SLUICE_ERR_LIMIT_EXCEEDED', { retryAfterSeconds: result.ttlInSeconds })
  }
}

/** A bucket of `burst` tokens that fills in `burst / rate` seconds is what the library calls `max` per `timeWindow`. */
function createCheck(gateway: FastifyInstance, { rate, burst, key }: RouteRateLimit): Check {
  return gateway.createRateLimit({
    max: burst,
    timeWindow: Math.max(1, Math.round((burst / rate) * 1000)),
    // Its own default is the address, with IPv6 cut to the /64.
    ...(key === 'subject' && { keyGenerator: (request: FastifyRequest) => request.identity?.subject ?? '' })
  })
}

/** Token buckets in the clothes of @fastify/rate-limit, whose own stores count in fixed windows. */
class TokenBucketStore implements FastifyRateLimitStore {
  readonly #store = new MemoryStore()

  incr(key: string, callback: Parameters<FastifyRateLimitStore['incr']>[1], periodMs: number, size: number): void {
    const { allowed, remaining, resetMs } = this.#store.take(key, { size, periodMs })
    callback(null, { current: allowed ? size - remaining : size + 1, ttl: resetMs })
  }

  child(): FastifyRateLimitStore {
    return new TokenBucketStore()
  }
}

export default fp(limiting, {
  name: 'sluice-limiting',
  fastify: '5.x',
  dependencies: ['sluice-tracing', 'sluice-errors', 'sluice-metrics']
})
