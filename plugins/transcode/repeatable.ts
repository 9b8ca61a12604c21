import type { FastifyRequest } from 'fastify'
import type { RoutePolicy } from '../../lib/policies/route-policy.ts'
import type { Repeatable } from '../../lib/upstream/grpc/call.ts'

/** Compiles when the call of a request may be made again: always, if its route says so; once, with an idempotency key. */
export function compileRepeatable({ idempotent, idempotencyKeyField }: RoutePolicy) {
  return ({ headers }: FastifyRequest): Repeatable => {
    if (idempotent) return 'safe'
    return idempotencyKeyField !== '' && headers['idempotency-key'] !== undefined ? 'keyed' : 'unsent'
  }
}
