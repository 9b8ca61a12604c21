import {
  type Context,
  createContextKey,
  INVALID_SPANID,
  INVALID_TRACEID,
  isSpanContextValid,
  type SpanContext,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  TraceFlags,
  trace
} from '@opentelemetry/api'
import { VendorState } from './trace-state.ts'

/** Says that the id of the trace is random; SDKs of level 1 forget it. */
const randomFlag = 0x02
const knownFlags = TraceFlags.SAMPLED | randomFlag

/** Flags of the caller that its spans here do not carry. */
const isRandomKey = createContextKey('sluice-trace-id-is-random')

/** `version "-" trace-id "-" parent-id "-" trace-flags`; versions to come may say more. A comma: there were two headers. */
const traceparentFormat = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-[^,]*)?$/

/**
 * Carries a trace by the headers `traceparent` and `tracestate`, as W3C Trace Context says it up to level 2. Unlike the
 * propagator of OpenTelemetry's SDK it refuses a malformed `tracestate` as a whole, takes every key of level 2, hands the
 * random flag on, and writes no empty header.
 *
 * @see https://www.w3.org/TR/trace-context-2/
 */
export const traceContext: TextMapPropagator = {
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const span = trace.getSpanContext(context)
    if (span === undefined || !isSpanContextValid(span)) return
    const random = context.getValue(isRandomKey) === true ? randomFlag : 0
    const flags = (span.traceFlags & knownFlags) | random
    setter.set(carrier, 'traceparent', `00-${span.traceId}-${span.spanId}-0${flags}`)
    const state = span.traceState?.serialize() ?? ''
    if (state !== '') setter.set(carrier, 'tracestate', state)
  },

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const traceparent = getter.get(carrier, 'traceparent')
    if (typeof traceparent !== 'string') return context
    const span = parseTraceparent(traceparent)
    if (span === null) return context
    const tracestate = textOf(getter.get(carrier, 'tracestate'))
    const traceState = tracestate === '' ? null : VendorState.parse(tracestate)
    const parent = trace.setSpanContext(context, { ...span, ...(traceState !== null && { traceState }) })
    return (span.traceFlags & randomFlag) === 0 ? parent : parent.setValue(isRandomKey, true)
  },

  fields: () => ['traceparent', 'tracestate']
}

function parseTraceparent(header: string): SpanContext | null {
  const match = traceparentFormat.exec(header)
  if (match === null) return null
  const [, version, traceId, spanId, flags, more] = match as unknown as [
    string,
    string,
    string,
    string,
    string,
    string?
  ]
  if (version === 'ff' || (version === '00' && more !== undefined)) return null
  if (traceId === INVALID_TRACEID || spanId === INVALID_SPANID) return null
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true }
}

function textOf(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(',') : (header ?? '')
}
