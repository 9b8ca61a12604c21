import { METHODS } from 'node:http'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { RequestError } from '../errors.ts'
import { type Failure, failureOf } from '../lib/errors/failure.ts'
import { type RenderedFailure, renderFailure } from '../lib/errors/render.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request failed with, for logs and metrics; null as long as it has not. */
    failure: Failure | null
  }

  interface FastifyContextConfig {
    /** The HTTP rule's template, such as `/api/v1/orders/{order_id}`. */
    template?: string
    /** Whether a raw path is one of this route's; without it, the route's URL is compared. */
    matches?: (rawPath: string) => boolean
  }
}

/** Refusals that come by the thousand while something else has been logged already. */
const quietReasons: ReadonlySet<string> = new Set(['CIRCUIT_OPEN', 'OVERLOADED'])

/** The methods of a path that is known. */
interface KnownRoute {
  methods: readonly string[]
  matches: (rawPath: string) => boolean
}

/** One shape for every error, from every layer. A path that is known by other methods is 405, any other 404. */
async function errors(gateway: FastifyInstance) {
  const known: KnownRoute[] = []

  gateway.decorateRequest('failure', null)

  gateway.addHook('onRoute', function rememberRoute(route) {
    known.push({ methods: [route.method].flat(), matches: matcherOf(route) })
  })

  gateway.setErrorHandler<FastifyError>(answerFailure)

  gateway.setNotFoundHandler(function answerUnknownRoute(request, reply) {
    const rawPath = request.raw.url?.split('?', 1)[0] ?? ''
    const methods = new Set(known.filter(({ matches }) => matches(rawPath)).flatMap(route => route.methods))
    if (methods.size === 0) return answerFailure(new RequestError('SLUICE_ERR_ROUTE_NOT_FOUND'), request, reply)
    const allow = [...METHODS.filter(method => methods.has(method)), 'OPTIONS'].join(', ')
    if (request.method === 'OPTIONS') return reply.code(204).header('allow', allow).send()
    const error = new RequestError('SLUICE_ERR_METHOD_NOT_ALLOWED', { headers: { allow } })
    return answerFailure(error, request, reply)
  })
}

function matcherOf({ url, config }: RouteOptions): KnownRoute['matches'] {
  return config?.matches ?? (rawPath => rawPath === url)
}

/** Answers a request that failed. Also for errors that Fastify meets before it has a route. */
export function answerFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { failure, contentType, body } = describeFailure(error, request)
  // RFC 9110, section 15.5.2: every 401 says how to authenticate.
  if (failure.status === 401) reply.header('www-authenticate', 'Bearer')
  reply.header('x-request-id', request.id).headers(failure.headers)
  return reply.code(failure.status).type(contentType).send(body)
}

/** What a client is told about a request that failed; logs and metrics are told too. */
export function describeFailure(error: unknown, request: FastifyRequest): RenderedFailure & { failure: Failure } {
  const failure = failureOf(error)
  request.failure = failure
  logFailure(failure, error, request)
  const ids = { requestId: request.id, traceId: request.traceId ?? '' }
  return { failure, ...renderFailure(failure, ids, request.headers.accept) }
}

/** The client hears nothing of what is hidden, so the log has to; and a lost upstream has a cause worth knowing. */
function logFailure({ hidden, status, reason }: Failure, error: unknown, request: FastifyRequest): void {
  if (hidden) request.log.error({ err: error, reason }, 'request failed')
  else if (status >= 500 && !quietReasons.has(reason)) request.log.warn({ err: error, reason }, 'upstream failed')
}

export default fp(errors, { name: 'sluice-errors', fastify: '5.x', dependencies: ['sluice-tracing'] })
