import type { IncomingHttpHeaders } from 'node:http'
import {
  type Attributes,
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapGetter,
  TraceFlags,
  type Tracer,
  trace
} from '@opentelemetry/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { routeOf } from '../lib/http/observed.ts'
import { propagator } from '../lib/telemetry/propagator.ts'
import { randomSpanId, randomTraceId } from '../lib/telemetry/random-ids.ts'

declare module 'fastify' {
  interface FastifyInstance {
    tracer: Tracer
  }

  interface FastifyRequest {
    /** The server span of the request. */
    span: Span
    /** Holds the server span, and the baggage that came with the request. */
    trace: Context
    /** The route as people know it, such as `/api/v1/orders/{order_id}`; null when no route has the path. */
    route: string | null
    /** 32 hexadecimal digits; the caller's when it sent a `traceparent`. There is one even when no trace is kept. */
    traceId: string
    /** Starts a child of the server span. Whoever starts it ends it. */
    startSpan(name: string, attributes?: Attributes): Span
  }
}

const headerGetter: TextMapGetter<IncomingHttpHeaders> = {
  get: (headers, key) => headers[key],
  keys: headers => Object.keys(headers)
}

/**
 * A server span `METHOD /route/template` per request, in the caller's trace when it sent one. The context is carried by
 * the request and passed on explicitly: nothing on the way of a request looks into async storage.
 */
export async function tracing(gateway: FastifyInstance) {
  const tracer = trace.getTracer('sluice')

  gateway.decorate('tracer', tracer)
  gateway.decorateRequest('span')
  gateway.decorateRequest('trace')
  gateway.decorateRequest('route', null)
  gateway.decorateRequest('traceId', '')
  gateway.decorateRequest('startSpan', function startSpan(this: FastifyRequest, name: string, attributes = {}) {
    return tracer.startSpan(name, { attributes }, this.trace)
  })

  gateway.addHook('onRequest', async function startRequestSpan(request, reply) {
    const parent = propagator.extract(ROOT_CONTEXT, request.headers, headerGetter)
    const route = routeOf(request)
    request.route = route
    const name = route === null ? request.method : `${request.method} ${route}`
    const options = { kind: SpanKind.SERVER, attributes: requestAttributes(request, route) }
    const span = withIds(tracer.startSpan(name, options, parent))
    request.span = span
    request.trace = trace.setSpan(parent, span)
    request.traceId = span.spanContext().traceId
    reply.header('x-request-id', request.id)
  })

  gateway.onCompleted(({ span }, _reply, status) => endSpan(span, status))
}

function requestAttributes(request: FastifyRequest, route: string | null): Attributes {
  return {
    'http.request.method': request.method,
    'url.scheme': request.protocol,
    'network.protocol.version': request.raw.httpVersion,
    'sluice.request_id': request.id,
    ...(route !== null && { 'http.route': route })
  }
}

/** Without an SDK and without a caller's trace there are no ids; logs, errors and services still want one per request. */
function withIds(span: Span): Span {
  if (isSpanContextValid(span.spanContext())) return span
  return trace.wrapSpanContext({ traceId: randomTraceId(), spanId: randomSpanId(), traceFlags: TraceFlags.NONE })
}

function endSpan(span: Span, status: number): void {
  span.setAttribute('http.response.status_code', status)
  if (status >= 500) {
    span.setAttribute('error.type', String(status))
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}

export default fp(tracing, { name: 'sluice-tracing', fastify: '5.x', dependencies: ['sluice-completion'] })
