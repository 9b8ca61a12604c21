import {
  type Attributes,
  type Histogram,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type TextMapSetter,
  type Tracer,
  trace
} from '@opentelemetry/api'
import { codeNames, codeOf } from '../errors/code.ts'
import { propagator } from '../telemetry/propagator.ts'
import type { Policy } from '../upstream/grpc/call.ts'
import type { Metadata } from '../upstream/grpc/metadata.ts'
import type { Rpc } from '../upstream/grpc/rpc.ts'

const metadataSetter: TextMapSetter<Metadata> = {
  set: (metadata, key, value) => metadata.set(key, value)
}

/** `rpc.grpc.status_code` of a success. */
const ok = 0

export interface TraceOptions {
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
export function withTrace({ tracer, duration, url }: TraceOptions): Policy {
  const attributesOf = createAttributes(url)

  function end(rpc: Rpc, span: Span, ms: number, status: number): void {
    duration.record(ms, attributesOf(rpc).byStatus(status))
    span.setAttribute('rpc.grpc.status_code', status).end()
  }

  function fail(rpc: Rpc, span: Span, ms: number, error: unknown): void {
    const code = codeOf(error)
    span.setAttribute('error.type', codeNames[code])
    // Never the message: it may hold what a trace must not.
    span.setStatus({ code: SpanStatusCode.ERROR, message: codeNames[code] })
    end(rpc, span, ms, code)
  }

  return next => async call => {
    const { rpc } = call
    const parent = call.caller?.trace ?? ROOT_CONTEXT
    const { spanName, spanOptions } = attributesOf(rpc)
    const span = tracer.startSpan(spanName, spanOptions, parent)
    propagator.inject(trace.setSpan(parent, span), call.metadata, metadataSetter)
    const startedAt = performance.now()
    try {
      const answer = await next(call)
      const ms = performance.now() - startedAt
      if (!answer.stream) end(rpc, span, ms, ok)
      else answer.onOver(error => (error === null ? end(rpc, span, ms, ok) : fail(rpc, span, ms, error)))
      return answer
    } catch (error) {
      fail(rpc, span, performance.now() - startedAt, error)
      throw error
    }
  }
}

/** What is the same in all spans and figures of an rpc, made once. */
function createAttributes(url: string) {
  const { hostname, port } = new URL(url)
  const server = { 'server.address': hostname, 'server.port': Number(port) }
  const known = new Map<Rpc, ReturnType<typeof compile>>()

  function compile({ method }: Rpc) {
    const rpc = { 'rpc.system': 'grpc', 'rpc.service': method.parent.typeName, 'rpc.method': method.name }
    const statuses = new Map<number, Attributes>()
    return {
      spanName: `${method.parent.typeName}/${method.name}`,
      spanOptions: { kind: SpanKind.CLIENT, attributes: { ...rpc, ...server } },
      byStatus(status: number): Attributes {
        let attributes = statuses.get(status)
        if (attributes === undefined) {
          attributes = { ...rpc, 'rpc.grpc.status_code': status }
          statuses.set(status, attributes)
        }
        return attributes
      }
    }
  }

  return (rpc: Rpc) => {
    let attributes = known.get(rpc)
    if (attributes === undefined) {
      attributes = compile(rpc)
      known.set(rpc, attributes)
    }
    return attributes
  }
}
