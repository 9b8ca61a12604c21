import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { RequestError } from '../errors.ts'
import { wholeSeconds } from '../lib/limiter/rate-limit-fields.ts'
import type { Taken } from '../lib/limiter/store.ts'
import { userPolicy } from '../lib/policies/route-policy.ts'
import { FailureLimit, RouteFailureLimits } from './limiting/failure-limit.ts'
import { BucketStore, type Limit } from './limiting/limit.ts'
import { createLimits, type Limits } from './limiting/limits.ts'
import { checkOptions, invalid, type LimitingOptions } from './limiting/options.ts'
import { createStores } from './limiting/stores.ts'
import { tell } from './limiting/tell.ts'

export type { BucketOptions, LimitingOptions, RedisOptions } from './limiting/options.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** `false`: requests of this route cost no token. */
    limiting?: false
  }

  interface FastifyInstance {
    /** The limits of the gateway and of its routes. */
    limits: Limits
  }
}

/** Of probing for tokens, paths and fields; a 409 or a 412 is how a good client learns. */
const probing: ReadonlySet<number> = new Set([400, 401, 403, 404, 405])
const refusals: ReadonlySet<number> = new Set([401, 403])

/**
 * Token buckets. Taken from before anything else is looked at: that of the client address, then that of all requests. Once
 * the user is known, and before the body is read: that of the user, and that of the route. Requests that fail as probes do
 * have one besides, and its address is refused while it is empty.
 */
export async function limiting(gateway: FastifyInstance, options: LimitingOptions) {
  const { address, global, subject, failures, redis, local } = checkOptions(options)
  await gateway.register(rateLimit, { global: false, store: BucketStore })
  const stores = createStores(gateway, redis, local)
  const limits = createLimits(gateway, stores)
  const rejected = gateway.meter.createCounter('rate_limiter.rejected.count', { description: 'Requests refused.' })
  const first = compact([
    address && limits.create('address', address, 'address'),
    global && limits.create('global', global, 'all')
  ])
  const bySubject = subject && limits.create('subject', subject, 'subject')
  const probes = failures && new FailureLimit(limits.create('failures', failures, 'address'), probing)
  const refusalsOfRoutes = new RouteFailureLimits(limits, refusals)

  gateway.decorate('limits', limits)

  gateway.addHook('onRequest', async function limitRequest(request, reply) {
    const { config } = request.routeOptions
    if (config?.limiting === false) return
    if (probes !== null) refuseBlocked(probes, request, reply)
    await takeAll(first, config?.policy?.cost ?? 1, request, reply)
  })

  gateway.addHook('onRoute', function limitRoute(route) {
    const { access, rateLimit, failureLimit, cost } = route.config?.policy ?? userPolicy
    if (route.config?.limiting === false) return
    const later = compact([
      access === 'public' ? null : bySubject,
      rateLimit && limits.ofRoute('route', rateLimit, route)
    ])
    checkCost(route, cost, [...first, ...later])
    const own = failureLimit && refusalsOfRoutes.create(failureLimit, route)
    if (later.length === 0 && own === null) return
    // After authentication, which is an onRequest hook of the route, and before the body is read.
    route.preParsing = [route.preParsing ?? []].flat().concat(async function limitByPolicy(request, reply) {
      if (own !== null) refuseBlocked(own, request, reply)
      await takeAll(later, cost, request, reply)
    })
  })

  gateway.onCompleted(function countFailure(request, _reply, status) {
    const { config } = request.routeOptions
    if (config?.limiting === false) return
    probes?.count(request, status)
    refusalsOfRoutes.get(config?.policy?.failureLimit)?.count(request, status)
  })

  async function takeAll(limits: readonly Limit[], cost: number, request: FastifyRequest, reply: FastifyReply) {
    if (limits.length === 0) return
    const span = request.startSpan('rate_limiter.check')
    try {
      for (const limit of limits) {
        const taken = await limit.take(request, cost)
        if (!taken.allowed) {
          span.setAttribute('rate_limiter.key', limit.name)
          refuse(limit, taken, request, reply)
        }
        // How much all others use is nobody's business.
        if (limit.name !== 'global') tell(reply, limit, taken)
      }
    } finally {
      span.end()
    }
  }

  function refuseBlocked(failures: FailureLimit, request: FastifyRequest, reply: FastifyReply): void {
    const refusal = failures.refusalOf(request)
    if (refusal !== null) refuse(failures.limit, refusal, request, reply)
  }

  function refuse(limit: Limit, taken: Taken, request: FastifyRequest, reply: FastifyReply): never {
    tell(reply, limit, taken)
    rejected.add(1, { 'rate_limiter.key': limit.name, 'http.route': request.route ?? '' })
    throw new RequestError('SLUICE_ERR_LIMIT_EXCEEDED', { retryAfterSeconds: wholeSeconds(taken.resetMs) })
  }
}

function checkCost({ url }: RouteOptions, cost: number, limits: readonly Limit[]): void {
  for (const { name, bucket } of limits) {
    if (cost > bucket.size) throw invalid(`${url} costs ${cost} tokens, more than "${name}" ever holds`)
  }
}

function compact<Value>(values: readonly (Value | null)[]): Value[] {
  return values.filter(value => value !== null)
}

export default fp(limiting, {
  name: 'sluice-limiting',
  fastify: '5.x',
  dependencies: ['sluice-completion', 'sluice-tracing', 'sluice-errors', 'sluice-metrics']
})
