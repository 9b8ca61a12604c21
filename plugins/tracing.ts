import type { IncomingHttpHeaders } from 'node:http'
import {
  type Attributes,
  type Context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  type TextMapGetter,
  TraceFlags,
  type Tracer,
  trace
} from '@opentelemetry/api'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { StartError } from '../errors.ts'
import { routeOf } from '../lib/http/observed.ts'
import { methodAttribute } from '../lib/telemetry/http-method.ts'
import { isKept } from '../lib/telemetry/is-kept.ts'
import { propagator } from '../lib/telemetry/propagator.ts'
import { randomSpanId, randomTraceId } from '../lib/telemetry/random-ids.ts'
import { addDetailedSpans } from './tracing/detailed.ts'

export interface TracingOptions {
  /**
   * Whether hooks and handlers that are added after this plugin have spans too, by the package @fastify/otel: for
   * development. Default false.
   */
  detailed?: boolean
}

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
    /** Starts a child of the server span, if anybody keeps the trace; else it is that span. Whoever starts it ends it. */
    startSpan(name: string, attributes?: Attributes): Span
  }
}

const headerGetter: TextMapGetter<IncomingHttpHeaders> = {
  get: (headers, key) => headers[key],
  keys: headers => Object.keys(headers)
}

/**
 * A server span `METHOD /route/template` per request, in the caller's trace when it sent one. The context is carried by
 * the request and passed on explicitly: nothing on the way of a request looks into async storage, but detailed spans.
 *
 * @throws {StartError} SLUICE_ERR_OPTION_INVALID
 */
export async function tracing(gateway: FastifyInstance, { detailed = false }: TracingOptions) {
  if (typeof detailed !== 'boolean') {
    throw new StartError('SLUICE_ERR_OPTION_INVALID', ['tracing', 'detailed must be true or false'])
  }
  const tracer = trace.getTracer('sluice')
  const describe = createDescriptions()

  gateway.decorate('tracer', tracer)
  gateway.decorateRequest('span')
  gateway.decorateRequest('trace')
  gateway.decorateRequest('route', null)
  gateway.decorateRequest('traceId', '')
  gateway.decorateRequest('startSpan', function startSpan(this: FastifyRequest, name: string, attributes?: Attributes) {
    // It takes anything, and keeps nothing.
    if (!isKept(this.trace)) return this.span
    return tracer.startSpan(name, attributes === undefined ? {} : { attributes }, this.trace)
  })

  gateway.addHook('onRequest', function startRequestSpan(request, reply, done) {
    const parent = propagator.extract(ROOT_CONTEXT, request.headers, headerGetter)
    const route = routeOf(request)
    request.route = route
    const { name, options } = describe(request, route)
    const span = withIds(tracer.startSpan(name, options, parent))
    if (span.isRecording()) span.setAttribute('sluice.request_id', request.id)
    request.span = span
    request.trace = trace.setSpan(parent, span)
    request.traceId = span.spanContext().traceId
    request.log = ofTrace(request.log, span)
    reply.header('x-request-id', request.id)
    done()
  })

  gateway.onCompleted(({ span }, _reply, status) => endSpan(span, status))
  if (detailed) await addDetailedSpans(gateway)
}

/** Has all lines of a request name its trace. Pino adds to the child that the request has already, which is much cheaper. */
function ofTrace(log: FastifyBaseLogger & Partial<Bindable>, span: Span): FastifyBaseLogger {
  const { traceId, spanId } = span.spanContext()
  const bindings = { trace_id: traceId, span_id: spanId }
  if (log.setBindings === undefined) return log.child(bindings)
  log.setBindings(bindings)
  return log
}

interface Bindable {
  setBindings(bindings: object): void
}

interface Description {
  name: string
  options: SpanOptions
}

/**
 * The name of the server span, and what it says of the request that is the same for all of a route: made once, and frozen,
 * so that it is encoded once too. What is in it comes from names, never from what a client wrote.
 */
function createDescriptions() {
  const known = new Map<string, Description>()

  return ({ method, protocol, raw }: FastifyRequest, route: string | null): Description => {
    const scheme = protocol === 'https' ? protocol : 'http'
    const version = raw.httpVersion
    const key = `${scheme} ${version} ${method} ${route}`
    let description = known.get(key)
    if (description === undefined) {
      description = createDescription(methodAttribute(method), route, scheme, version)
      known.set(key, description)
    }
    return description
  }
}

/** @see https://opentelemetry.io/docs/specs/semconv/http/http-spans/ for `HTTP`, the name for methods that are not known */
function createDescription(method: string, route: string | null, scheme: string, version: string): Description {
  const attributes = Object.freeze({
    'http.request.method': method,
    'url.scheme': scheme,
    'network.protocol.version': version,
    ...(route !== null && { 'http.route': route })
  })
  const verb = method === '_OTHER' ? 'HTTP' : method
  return { name: route === null ? verb : `${verb} ${route}`, options: { kind: SpanKind.SERVER, attributes } }
}

/** Without an SDK and without a caller's trace there are no ids; logs, errors and services still want one per request. */
function withIds(span: Span): Span {
  if (isSpanContextValid(span.spanContext())) return span
  return trace.wrapSpanContext({ traceId: randomTraceId(), spanId: randomSpanId(), traceFlags: TraceFlags.NONE })
}

function endSpan(span: Span, status: number): void {
  if (!span.isRecording()) return
  span.setAttribute('http.response.status_code', status)
  if (status >= 500) {
    span.setAttribute('error.type', String(status))
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}

export default fp(tracing, { name: 'sluice-tracing', fastify: '5.x', dependencies: ['sluice-completion'] })
