import type { FastifyRequest, RouteOptions } from 'fastify'
import { BlockedKeys } from '../../lib/limiter/blocked-keys.ts'
import type { Taken } from '../../lib/limiter/store.ts'
import type { RouteRateLimit } from '../../lib/policies/route-policy.ts'
import type { Limit } from './limit.ts'
import type { Limits } from './limits.ts'

/**
 * A limit that requests take from once they have failed. Who has emptied a bucket is refused until it has a token, without
 * asking where the buckets are: a good request costs nothing here.
 */
export class FailureLimit {
  readonly limit: Limit
  readonly #statuses: ReadonlySet<number>
  readonly #blocked = new BlockedKeys()

  /** @param statuses which answers are failures. */
  constructor(limit: Limit, statuses: ReadonlySet<number>) {
    this.limit = limit
    this.#statuses = statuses
  }

  /** What the request is refused with; null when it is not. */
  refusalOf(request: FastifyRequest): Taken | null {
    const resetMs = this.#blocked.remainingMs(this.limit.keyOf(request))
    return resetMs === 0 ? null : { allowed: false, remaining: 0, resetMs }
  }

  async count(request: FastifyRequest, status: number): Promise<void> {
    if (!this.#statuses.has(status)) return
    const { allowed, remaining, resetMs } = await this.limit.take(request, 1)
    if (!allowed) this.#blocked.block(this.limit.keyOf(request), resetMs)
    // Of an empty bucket the next token is some way off.
    else if (remaining === 0) this.#blocked.block(this.limit.keyOf(request), this.#tokenMs)
  }

  get #tokenMs(): number {
    return this.limit.bucket.periodMs / this.limit.bucket.size
  }
}

/** The failure limits of policies. Routes of one rpc share the policy, and the limit. */
export class RouteFailureLimits {
  readonly #limits: Limits
  readonly #statuses: ReadonlySet<number>
  readonly #byOptions = new Map<RouteRateLimit | null | undefined, FailureLimit>()

  constructor(limits: Limits, statuses: ReadonlySet<number>) {
    this.#limits = limits
    this.#statuses = statuses
  }

  /** The limit of a route's policy, which is told that it is for this route too. */
  create(options: RouteRateLimit, route: Pick<RouteOptions, 'method' | 'url'>): FailureLimit {
    const limit = this.#limits.ofRoute('route-failures', options, route)
    const known = this.#byOptions.get(options)
    if (known !== undefined) return known
    const created = new FailureLimit(limit, this.#statuses)
    this.#byOptions.set(options, created)
    return created
  }

  /** The limit that was created from these; undefined when none was. */
  get(options: RouteRateLimit | null | undefined): FailureLimit | undefined {
    return this.#byOptions.get(options)
  }
}
