import { type IncomingMessage, METHODS } from 'node:http'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { RequestError } from '../errors.ts'
import { type Failure, failureOf } from '../lib/errors/failure.ts'
import { type RenderedFailure, renderFailure } from '../lib/errors/render.ts'
import { splitUrl } from '../lib/http/raw-request.ts'
import type { BindError } from '../lib/transcode/errors.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** What the request failed with, for logs and metrics; null as long as it has not. */
    failure: Failure | null
  }

  interface FastifyContextConfig {
    /** The HTTP rule's template, such as `/api/v1/orders/{order_id}`. */
    template?: string
  }

  interface FastifyInstance {
    /** They are asked about paths that cannot be served. Plugins add theirs while they are registered. */
    pathGuides: PathGuide[]
  }
}

/** Knows paths that are not just the URL of a route. */
export interface PathGuide {
  /** The methods that a raw path has routes for; empty when it has none. */
  methods(rawPath: string): readonly string[]
  /** What was probably meant by a raw path, as a sentence for the caller; undefined when nothing is near. */
  hint(rawPath: string): string | undefined
  /** What is wrong with the values in the path of a request that cannot be decoded; undefined when no rule has the path. */
  refusal(request: IncomingMessage): BindError | undefined
}

/** Refusals that come by the thousand while something else has been logged already, and those that are the client's doing. */
const quietReasons: ReadonlySet<string> = new Set([
  'CIRCUIT_OPEN',
  'OVERLOADED',
  'HTTP_VERSION_UNSUPPORTED',
  'TRANSFER_ENCODING_UNSUPPORTED'
])

/** Refusals of a path, before anything is taken out of it. */
const pathErrors: ReadonlySet<string> = new Set(['FST_ERR_BAD_URL', 'SLUICE_ERR_PATH'])

/** One shape for every error, from every layer. A path that is known by other methods is 405, any other 404. */
export async function errors(gateway: FastifyInstance) {
  const methodsByUrl = new Map<string, string[]>()
  const guides: PathGuide[] = []

  gateway.decorateRequest('failure', null)
  gateway.decorate('pathGuides', guides)

  gateway.addHook('onRoute', function rememberRoute({ url, method }) {
    methodsByUrl.set(url, [...(methodsByUrl.get(url) ?? []), method].flat())
  })

  gateway.setErrorHandler<FastifyError>(answerFailure)

  gateway.setNotFoundHandler(function answerUnknownRoute(request, reply) {
    if (request.method === 'OPTIONS' && request.originalUrl === '*') return reply.code(204).send()
    const { rawPath } = splitUrl(request.raw)
    const methods = new Set([methodsByUrl.get(rawPath) ?? [], ...guides.map(guide => guide.methods(rawPath))].flat())
    if (request.method === 'OPTIONS' && methods.size > 0)
      return reply.code(204).header('allow', allowOf(methods)).send()
    const hint = guides.map(guide => guide.hint(rawPath)).find(found => found !== undefined)
    const error =
      methods.size === 0
        ? new RequestError('SLUICE_ERR_ROUTE_NOT_FOUND', { hint })
        : new RequestError('SLUICE_ERR_METHOD_NOT_ALLOWED', { hint, headers: { allow: allowOf(methods) } })
    return answerFailure(error, request, reply)
  })
}

function allowOf(methods: ReadonlySet<string>): string {
  return METHODS.filter(method => methods.has(method) && method !== 'OPTIONS')
    .concat('OPTIONS')
    .join(', ')
}

/** Answers a request that failed. Also for errors that Fastify meets before it has a route. */
export function answerFailure(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { failure, contentType, body } = describeFailure(error, request)
  // RFC 9110, section 15.5.2: every 401 says how to authenticate.
  if (failure.status === 401) reply.header('www-authenticate', 'Bearer')
  reply.header('x-request-id', request.id).headers(failure.headers)
  return reply.code(failure.status).type(contentType).send(body)
}

/**
 * What a client is told about a request that failed; logs and metrics are told too.
 *
 * @param accept what the client accepts as an answer; empty: the one shape that needs no asking.
 */
export function describeFailure(
  error: unknown,
  request: FastifyRequest,
  accept = request.headers.accept
): RenderedFailure & { failure: Failure } {
  const failure = failureOf(refusalOf(request, error) ?? error)
  request.failure = failure
  logFailure(failure, error, request)
  const ids = { requestId: request.id, traceId: request.traceId ?? '' }
  return { failure, ...renderFailure(failure, ids, accept) }
}

/** Who refuses a path as a whole does not say which part is wrong; the rule that it is for may know. */
function refusalOf({ server, raw }: FastifyRequest, error: unknown): BindError | undefined {
  if (!pathErrors.has((error as FastifyError | null)?.code ?? '')) return undefined
  return server.pathGuides.map(guide => guide.refusal(raw)).find(refusal => refusal !== undefined)
}

/** The client hears nothing of what is hidden, so the log has to; and a lost upstream has a cause worth knowing. */
function logFailure({ hidden, status, reason }: Failure, error: unknown, request: FastifyRequest): void {
  if (hidden) request.log.error({ err: error, reason }, 'request failed')
  else if (status >= 500 && !quietReasons.has(reason)) request.log.warn({ err: error, reason }, 'upstream failed')
}

export default fp(errors, { name: 'sluice-errors', fastify: '5.x', dependencies: ['sluice-tracing'] })
