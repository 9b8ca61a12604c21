import {
  type Attributes,
  type Context,
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
import { isKept } from '../telemetry/is-kept.ts'
import { propagator } from '../telemetry/propagator.ts'
import { serverAttributes } from '../telemetry/server-attributes.ts'
import { parseTarget } from '../upstream/channel/target.ts'
import type { Call, Policy } from '../upstream/grpc/call.ts'
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
  /** Where the upstream is, as `parseTarget` reads it. */
  target: string
  /** Whose child the span of a call is. Default: its caller's trace; without a caller, nobody's. */
  parentOf?: (call: Call) => Context
}

/**
 * A client span `<package.Service>/<Method>` per call, child of the caller's; the trace goes on in the upstream. The span of
 * a stream ends with the stream. Its duration is the time until its answer began: that it goes on for long says nothing
 * about how fast the upstream is. A call in a trace that nobody keeps has no span; the upstream is told of its caller's.
 */
export function withTrace({ tracer, duration, target, parentOf = traceOfCaller }: TraceOptions): Policy {
  const attributesOf = createAttributes(target)

  function start(call: Call): Span | null {
    const parent = parentOf(call)
    if (!isKept(parent)) {
      propagator.inject(parent, call.metadata, metadataSetter)
      return null
    }
    const { spanName, spanOptions } = attributesOf(call.rpc)
    const span = tracer.startSpan(spanName, spanOptions, parent)
    propagator.inject(trace.setSpan(parent, span), call.metadata, metadataSetter)
    return span
  }

  function end({ rpc, span }: Call, ms: number, status: number): void {
    duration.record(ms, attributesOf(rpc).byStatus(status))
    span?.setAttribute('rpc.grpc.status_code', status).end()
  }

  function fail(call: Call, ms: number, error: unknown): void {
    const code = codeOf(error)
    call.span?.setAttribute('error.type', codeNames[code])
    // Never the message: it may hold what a trace must not.
    call.span?.setStatus({ code: SpanStatusCode.ERROR, message: codeNames[code] })
    end(call, ms, code)
  }

  return next => async call => {
    call.span = start(call)
    const startedAt = performance.now()
    try {
      const answer = await next(call)
      const ms = performance.now() - startedAt
      if (!answer.stream) end(call, ms, ok)
      else answer.onOver(error => (error === null ? end(call, ms, ok) : fail(call, ms, error)))
      return answer
    } catch (error) {
      fail(call, performance.now() - startedAt, error)
      throw error
    }
  }
}

function traceOfCaller({ caller }: Call): Context {
  return caller?.trace ?? ROOT_CONTEXT
}

/** What is the same in all spans and figures of an rpc, made once. */
function createAttributes(target: string) {
  const server = serverAttributes(parseTarget(target))
  const known = new Map<Rpc, ReturnType<typeof compile>>()

  function compile({ method }: Rpc) {
    const rpc = { 'rpc.system': 'grpc', 'rpc.service': method.parent.typeName, 'rpc.method': method.name }
    const statuses = new Map<number, Attributes>()
    return {
      spanName: `${method.parent.typeName}/${method.name}`,
      spanOptions: { kind: SpanKind.CLIENT, attributes: Object.freeze({ ...rpc, ...server }) },
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
