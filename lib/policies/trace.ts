import type { Interceptor } from '@connectrpc/connect'
import {
  type Histogram,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type TextMapSetter,
  type Tracer,
  trace
} from '@opentelemetry/api'
import { codeNames, codeOf } from '../errors/code.ts'
import { propagator } from '../telemetry/propagator.ts'
import { callerKey } from '../upstream/caller.ts'

const headerSetter: TextMapSetter<Headers> = {
  set: (headers, key, value) => headers.set(key, value)
}

export interface TraceCallsOptions {
  tracer: Tracer
  /** `rpc.client.duration`, in milliseconds. */
  duration: Histogram
  /** The upstream's URL. */
  url: string
}

/** A client span `<package.Service>/<Method>` per call, child of the caller's; the trace goes on in the upstream. */
export function traceCalls({ tracer, duration, url }: TraceCallsOptions): Interceptor {
  const { hostname, port } = new URL(url)
  const server = { 'server.address': hostname, 'server.port': Number(port) }
  return next => async request => {
    const parent = request.contextValues.get(callerKey)?.trace ?? ROOT_CONTEXT
    const rpc = { 'rpc.system': 'grpc', 'rpc.service': request.service.typeName, 'rpc.method': request.method.name }
    const options = { kind: SpanKind.CLIENT, attributes: { ...rpc, ...server } }
    const span = tracer.startSpan(`${request.service.typeName}/${request.method.name}`, options, parent)
    propagator.inject(trace.setSpan(parent, span), request.header, headerSetter)
    const startedAt = performance.now()
    let status = 0
    try {
      return await next(request)
    } catch (error) {
      const code = codeOf(error)
      status = code
      span.setAttribute('error.type', codeNames[code])
      // Never the message: it may hold what a trace must not.
      span.setStatus({ code: SpanStatusCode.ERROR, message: codeNames[code] })
      throw error
    } finally {
      duration.record(performance.now() - startedAt, { ...rpc, 'rpc.grpc.status_code': status })
      span.setAttribute('rpc.grpc.status_code', status)
      span.end()
    }
  }
}
