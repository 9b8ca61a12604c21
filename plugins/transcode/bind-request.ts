import type { FastifyRequest } from 'fastify'
import { hasBody, splitUrl } from '../../lib/http/raw-request.ts'
import type { RoutePolicy } from '../../lib/policies/route-policy.ts'
import type { CompiledRoute } from '../../lib/transcode/bind.ts'
import { BindError } from '../../lib/transcode/errors.ts'
import type { RouteParts } from './route-parts.ts'
import { matchOf } from './routing.ts'

/** Compiles how a request becomes a message. */
export function compileBindRequest(route: CompiledRoute, policy: RoutePolicy): RouteParts['bind'] {
  return (request, body) => {
    const { rawPath, rawQuery } = splitUrl(request.raw)
    const captured = matchOf(request.raw)?.capture()
    const { headers } = request
    return route.bind({ rawPath, captured, rawQuery, body, headers, claims: claimsOf(request, policy) })
  }
}

/**
 * The body of a request, undefined without one. Fastify reads none of a GET, where any is wrong (RFC 9110, section 9.3.1).
 *
 * @throws BindError
 */
export function bodyOf({ body, method, raw }: FastifyRequest): Uint8Array | undefined {
  if (body instanceof Uint8Array) return body
  if ((method === 'GET' || method === 'HEAD') && hasBody(raw)) {
    throw new BindError({ reason: 'UNEXPECTED_BODY', field: '', description: 'this method takes no body' })
  }
  return undefined
}

function claimsOf({ identity }: FastifyRequest, { claims }: RoutePolicy): Record<string, unknown> {
  return Object.fromEntries(claims.map(({ field, claim }) => [field, identity?.claims[claim]]))
}
