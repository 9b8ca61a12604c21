import {
  type Attributes,
  type Context,
  context as contextApi,
  isSpanContextValid,
  type Span,
  type SpanContext,
  SpanKind,
  type SpanOptions,
  TraceFlags,
  type Tracer,
  type TracerProvider,
  trace
} from '@opentelemetry/api'
import { isTracingSuppressed } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import { type Sampler, SamplingDecision, type SpanProcessor } from '@opentelemetry/sdk-trace'
import { randomSpanId, randomTraceId } from './random-ids.ts'
import { RecordedSpan, type SpanOrigin } from './recorded-span.ts'

export interface TracingOptions {
  resource: Resource
  /** Asked once for each trace that begins here or comes from elsewhere; children do as their parents. */
  sampler: Sampler
  /** Gets the spans that ended, but does not see them start. */
  processor: SpanProcessor
}

const noAttributes: Attributes = Object.freeze({})

/** Makes tracers whose spans cost little; for the rest, it is what the SDK's own is. */
export function createTracerProvider({ resource, sampler, processor }: TracingOptions): TracerProvider {
  return {
    getTracer(name, version) {
      const scope = version === undefined ? { name } : { name, version }
      return createTracer(sampler, { resource, scope, onEnd: span => processor.onEnd(span) })
    }
  }
}

function createTracer(sampler: Sampler, origin: SpanOrigin): Tracer {
  function startSpan(name: string, options: SpanOptions = {}, context: Context = contextApi.active()): Span {
    if (options.root) context = trace.deleteSpan(context)
    const parent = parentOf(context)
    const kind = options.kind ?? SpanKind.INTERNAL
    const traceId = parent?.traceId ?? randomTraceId()
    const isKept = !isTracingSuppressed(context) && isSampled(name, kind, traceId, options, parent, context)
    const own: SpanContext = {
      traceId,
      spanId: randomSpanId(),
      traceFlags: isKept ? TraceFlags.SAMPLED : TraceFlags.NONE
    }
    if (parent?.traceState !== undefined) own.traceState = parent.traceState
    if (!isKept) return trace.wrapSpanContext(own)
    const { attributes, startTime, links } = options
    return new RecordedSpan(origin, { name, kind, context: own, parent, attributes, startTime, links })
  }

  function isSampled(
    name: string,
    kind: SpanKind,
    traceId: string,
    { attributes = noAttributes, links = [] }: SpanOptions,
    parent: SpanContext | undefined,
    context: Context
  ): boolean {
    if (parent !== undefined && !parent.isRemote) return (parent.traceFlags & TraceFlags.SAMPLED) !== 0
    const { decision } = sampler.shouldSample(context, traceId, name, kind, attributes, links)
    return decision === SamplingDecision.RECORD_AND_SAMPLED
  }

  return {
    startSpan,
    startActiveSpan(name: string, ...rest: unknown[]): never {
      const work = rest.at(-1) as (span: Span) => never
      const [options, parent] = rest.slice(0, -1) as [SpanOptions?, Context?]
      const context = parent ?? contextApi.active()
      const span = startSpan(name, options, context)
      return contextApi.with(trace.setSpan(context, span), work, undefined, span)
    }
  }
}

function parentOf(context: Context): SpanContext | undefined {
  const span = trace.getSpan(context)
  if (span === undefined) return undefined
  const parent = span.spanContext()
  return span instanceof RecordedSpan || isSpanContextValid(parent) ? parent : undefined
}
