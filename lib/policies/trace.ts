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
import { followStream } from './follow-stream.ts'

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

/**
 * A client span `<package.Service>/<Method>` per call, child of the caller's; the trace goes on in the upstream. The span of
 * a stream ends with the stream. Its duration is the time until its answer began: that it goes on for long says nothing
 * about how fast the upstream is.
 */
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
    let answeredAt = 0

    function end(status: number) {
      const ms = (answeredAt || performance.now()) - startedAt
      duration.record(ms, { ...rpc, 'rpc.grpc.status_code': status })
      span.setAttribute('rpc.grpc.status_code', status).end()
    }

    function fail(error: unknown) {
      const code = codeOf(error)
      span.setAttribute('error.type', codeNames[code])
      // Never the message: it may hold what a trace must not.
      span.setStatus({ code: SpanStatusCode.ERROR, message: codeNames[code] })
      end(code)
    }

    try {
      const response = await next(request)
      answeredAt = performance.now()
      if (response.stream) return followStream(response, request.signal, { succeeded: () => end(0), failed: fail })
      end(0)
      return response
    } catch (error) {
      fail(error)
      throw error
    }
  }
}
