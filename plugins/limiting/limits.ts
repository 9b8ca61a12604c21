import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import { addressKey } from '../../lib/limiter/address-key.ts'
import type { RouteRateLimit } from '../../lib/policies/route-policy.ts'
import { createLimit, type Limit } from './limit.ts'
import type { BucketOptions } from './options.ts'
import type { Stores } from './stores.ts'

const keys = {
  // A client that is gone at once may have no address any more.
  address: (request: FastifyRequest) => addressKey(request.ip ?? ''),
  subject: (request: FastifyRequest) => request.identity?.subject ?? '',
  all: () => ''
}

type KeyName = keyof typeof keys

/** A limit, as operators see it. */
export interface LimitState extends BucketOptions {
  name: string
  /** Whose bucket it is. */
  key: KeyName
  /** The routes that it is for, such as `POST /api/v1/users/login`; null: all. */
  routes: string[] | null
  /** Where it is counted now: `memory` also while Redis is away. */
  store: 'memory' | 'redis'
}

/** All limits of a gateway. */
export type Limits = ReturnType<typeof createLimits>

export function createLimits(gateway: FastifyInstance, stores: Stores) {
  const states: Omit<LimitState, 'store'>[] = []
  const ofRoutes = new Map<RouteRateLimit, { limit: Limit; routes: string[] }>()

  function add(
    name: string,
    namespace: string,
    { rate, burst, key }: BucketOptions & { key: KeyName },
    routes: string[] | null
  ) {
    states.push({ name, rate, burst, key, routes })
    return createLimit(gateway, { name, namespace, rate, burst, store: stores.create(), keyOf: keys[key] })
  }

  return {
    create: (name: string, bucket: BucketOptions, key: KeyName): Limit => add(name, name, { ...bucket, key }, null),

    /** The limit of a route's policy. Routes of one rpc share the policy, and the limit. */
    ofRoute(name: string, options: RouteRateLimit, { method, url }: Pick<RouteOptions, 'method' | 'url'>): Limit {
      const route = `${[method].flat().join(',')} ${url}`
      const known = ofRoutes.get(options)
      if (known !== undefined) {
        known.routes.push(route)
        return known.limit
      }
      const routes = [route]
      const limit = add(name, `${name} ${route}`, options, routes)
      ofRoutes.set(options, { limit, routes })
      return limit
    },

    state: (): LimitState[] => states.map(state => ({ ...state, store: stores.place() }))
  }
}
