import type { OutgoingHttpHeaders } from 'node:http'
import { finished, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import {
  type Attributes,
  INVALID_SPAN_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapSetter,
  trace
} from '@opentelemetry/api'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { RequestError } from '../../errors.ts'
import { classify } from '../../lib/errors/outcome.ts'
import { answerHeaders } from '../../lib/http/proxy/answer-headers.ts'
import { upstreamFailure } from '../../lib/http/proxy/failure.ts'
import { checkProxiedPath } from '../../lib/http/proxy/path.ts'
import { requestHeaders } from '../../lib/http/proxy/request-headers.ts'
import { splitUrl } from '../../lib/http/raw-request.ts'
import type { Admission } from '../../lib/policies/breaker-module.ts'
import { methodAttribute } from '../../lib/telemetry/http-method.ts'
import { isKept } from '../../lib/telemetry/is-kept.ts'
import { propagator } from '../../lib/telemetry/propagator.ts'
import { inCircuit } from '../breaking/in-circuit.ts'
import { type Answer, ask, type FromOptions } from './ask.ts'
import { lifetimeOf } from './lifetime.ts'
import type { CheckedRoute } from './options.ts'

/** Answers that say that the upstream is ill (RFC 9110, sections 15.6.3 to 15.6.5). They are passed on all the same. */
const illStatuses: ReadonlySet<number> = new Set([502, 503, 504])
/** Answers up to this many bytes are whole before the client hears of them; what breaks off is 502, and not half of 200. */
const wholeBytes = 64 * 1024
/** How much longer undici waits than the gateway does: for what nobody waits for any more. */
const graceMs = 1_000

const headerSetter: TextMapSetter<OutgoingHttpHeaders> = {
  set(headers, name, value) {
    headers[name] = value
  }
}

export type Forward = (
  request: FastifyRequest,
  reply: FastifyReply,
  destination: string,
  options: FromOptions
) => Promise<FastifyReply>

/** Compiles what passes requests on to the upstream of a route, when its circuit lets it and there is a place. */
export function compileForward(gateway: FastifyInstance, route: CheckedRoute): Forward {
  const { name, timeoutMs, maxInFlight } = route
  const circuit = gateway.createCircuit(name)
  let inFlight = 0

  return async function forward(request, reply, destination, options) {
    checkProxiedPath(splitUrl(request.raw).rawPath)
    const signal = lifetimeOf(request, reply, timeoutMs)
    try {
      return await inCircuit(circuit, request, async admission => {
        if (inFlight >= maxInFlight) throw new RequestError('SLUICE_ERR_UPSTREAM_BUSY', { retryAfterSeconds: 1 })
        inFlight += 1
        reply.raw.once('close', () => {
          inFlight -= 1
        })
        const span = startSpan(request, route)
        const headersOf = compileHeaders(request, route, span)
        try {
          const question = { destination, options, headersOf, timeoutMs: timeoutMs + graceMs, signal }
          const answer = await ask(reply, question)
          span.setAttribute('http.response.status_code', answer.status)
          return await tell(answer, { request, reply, route, signal, admission, span })
        } catch (error) {
          endSpan(span, error)
          throw error
        }
      })
    } catch (error) {
      // What was not read of it, nobody will.
      if (request.body instanceof Readable) request.body.destroy()
      throw error
    }
  }
}

interface Exchange {
  request: FastifyRequest
  reply: FastifyReply
  route: CheckedRoute
  signal: AbortSignal
  admission: Admission
  span: Span
}

/** @throws {RequestError} as long as the client has heard nothing. */
async function tell({ status, headers, body }: Answer, exchange: Exchange): Promise<FastifyReply> {
  const { request, reply, route, signal, admission, span } = exchange
  const isOver = () => body.destroy(signal.reason)
  signal.addEventListener('abort', isOver, { once: true })
  const length = lengthOf(headers, request.method, status)
  let told: Readable = body
  try {
    if (length !== null && length > route.maxAnswerBytes) throw new RequestError('SLUICE_ERR_UPSTREAM_INVALID')
    const toldHeaders = answerHeaders(headers, route.mapping)
    if (length !== null && length <= wholeBytes) told = await readWhole(body, length, signal)
    setHeaders(reply, toldHeaders)
  } catch (error) {
    body.destroy()
    throw error
  }
  const outcome = illStatuses.has(status) ? 'failure' : 'success'
  admission.goOn()
  finished(told, cause => {
    signal.removeEventListener('abort', isOver)
    const error = cause ? failureOf(cause, signal) : null
    admission.end(error === null ? outcome : classify(error))
    endSpan(span, error)
  })
  return reply.code(status).send(told)
}

/** The length that an answer says its body has; null: it says none, or has no body. */
function lengthOf({ 'content-length': length }: Answer['headers'], method: string, status: number): number | null {
  if (length === undefined || method === 'HEAD' || status === 204 || status === 304) return null
  return Number(length)
}

async function readWhole(body: Readable, length: number, signal: AbortSignal): Promise<Readable> {
  try {
    const bytes = await buffer(body)
    if (bytes.length === length) return Readable.from([bytes])
  } catch (error) {
    throw failureOf(error, signal)
  }
  throw new RequestError('SLUICE_ERR_UPSTREAM_INVALID')
}

function failureOf(error: unknown, signal: AbortSignal): RequestError {
  return signal.aborted ? signal.reason : upstreamFailure(error, true)
}

/** What the gateway says itself, such as its limits and the id of the request, no upstream says in its place. */
function setHeaders(reply: FastifyReply, headers: ReturnType<typeof answerHeaders>): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!reply.hasHeader(name)) reply.header(name, value)
  }
}

function compileHeaders(request: FastifyRequest, route: CheckedRoute, span: Span) {
  return (headers: Parameters<typeof requestHeaders>[0]) => {
    const { identity } = request
    const sent = requestHeaders(headers, {
      requestId: request.id,
      peerAddress: request.socket.remoteAddress ?? 'unknown',
      host: request.host || undefined,
      protocol: request.protocol,
      subject: identity?.subject ?? null,
      authorization: route.forwardAuthorization ? (identity?.authorization ?? null) : null,
      hasBody: request.body instanceof Readable
    })
    const context = isKept(request.trace) ? trace.setSpan(request.trace, span) : request.trace
    propagator.inject(context, sent, headerSetter)
    return sent
  }
}

/** A client span; its name is of the method and the upstream, never of the path. */
function startSpan(request: FastifyRequest, { name, mapping }: CheckedRoute): Span {
  if (!isKept(request.trace)) return trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
  const { protocol, hostname, port } = new URL(mapping.origin)
  const method = methodAttribute(request.method)
  const attributes: Attributes = {
    'http.request.method': method,
    'server.address': hostname,
    'server.port': Number(port) || (protocol === 'https:' ? 443 : 80)
  }
  const { tracer } = request.server
  return tracer.startSpan(`${method} ${name}`, { kind: SpanKind.CLIENT, attributes }, request.trace)
}

function endSpan(span: Span, error: unknown): void {
  if (error instanceof RequestError) {
    span.setAttribute('error.type', error.definition.reason)
    span.setStatus({ code: SpanStatusCode.ERROR, message: error.definition.reason })
  }
  span.end()
}
