// opentelemetry/proto/trace/v1/trace.proto, and what it is made of. The numbers are those of the fields there.
import { type Attributes, type AttributeValue, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace'
import { RecordedSpan } from '../recorded-span.ts'
import { msOf } from '../time.ts'
import { ProtoWriter } from './proto-writer.ts'

/** Besides those of the trace: whether the parent is elsewhere is known (SpanFlags). */
const hasIsRemote = 0x100
const isRemote = 0x200
/** `Span.attributes`. */
const spanAttributes = 9
/** `Span.Event.attributes`. */
const eventAttributes = 3

/** For what is encoded once and then copied. */
const side = new ProtoWriter()
const encoded = { [spanAttributes]: new WeakMap<Attributes, Uint8Array>(), [eventAttributes]: new WeakMap() }

/**
 * A `Span`. Attributes that are frozen are encoded once: those that all spans of a route, or of an rpc, have in common, and
 * those of events that are alike.
 */
export function writeSpan(to: ProtoWriter, span: ReadableSpan): void {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext()
  const parent = span.parentSpanContext
  to.hex(1, traceId)
  to.hex(2, spanId)
  if (traceState !== undefined) to.string(3, traceState.serialize())
  if (parent !== undefined) to.hex(4, parent.spanId)
  to.string(5, span.name)
  // The API counts from 0, which OTLP leaves to a span that does not say.
  to.varint(6, span.kind + 1)
  writeTimesAndAttributes(to, span)
  for (const event of span.events) to.message(11, event, writeEvent)
  for (const link of span.links) to.message(13, link, writeLink)
  if (span.status.code !== SpanStatusCode.UNSET) to.message(15, span.status, writeStatus)
  to.fixed32(16, (traceFlags & 0xff) | hasIsRemote | (parent?.isRemote ? isRemote : TraceFlags.NONE))
}

function writeTimesAndAttributes(to: ProtoWriter, span: ReadableSpan): void {
  if (span instanceof RecordedSpan) {
    to.nanos(7, span.startedMs)
    to.nanos(8, span.endedMs)
    writeShared(to, spanAttributes, span.given)
    writeAttributes(to, spanAttributes, span.added)
  } else {
    to.nanos(7, msOf(span.startTime))
    to.nanos(8, msOf(span.endTime))
    writeAttributes(to, spanAttributes, span.attributes)
  }
}

/** Attributes that others may have too: those that are frozen are the same each time. */
function writeShared(to: ProtoWriter, field: keyof typeof encoded, attributes: Attributes): void {
  const known = encoded[field].get(attributes)
  if (known !== undefined) {
    to.raw(known)
  } else if (Object.isFrozen(attributes)) {
    writeAttributes(side, field, attributes)
    const bytes = side.take()
    encoded[field].set(attributes, bytes)
    to.raw(bytes)
  } else {
    writeAttributes(to, field, attributes)
  }
}

function writeEvent(to: ProtoWriter, { name, time, attributes = {} }: ReadableSpan['events'][number]): void {
  to.nanos(1, msOf(time))
  to.string(2, name)
  writeShared(to, eventAttributes, attributes)
}

function writeLink(to: ProtoWriter, { context, attributes = {} }: ReadableSpan['links'][number]): void {
  to.hex(1, context.traceId)
  to.hex(2, context.spanId)
  if (context.traceState !== undefined) to.string(3, context.traceState.serialize())
  writeAttributes(to, 4, attributes)
  to.fixed32(6, (context.traceFlags & 0xff) | hasIsRemote | (context.isRemote ? isRemote : 0))
}

function writeStatus(to: ProtoWriter, { code, message = '' }: ReadableSpan['status']): void {
  if (message !== '') to.string(2, message)
  to.varint(3, code)
}

export function writeAttributes(to: ProtoWriter, field: number, attributes: Attributes): void {
  for (const key in attributes) {
    const value = attributes[key]
    if (value === undefined || value === null) continue
    const start = to.begin(field)
    to.string(1, key)
    to.message(2, value as AttributeValue, writeValue)
    to.end(start)
  }
}

/** `AnyValue`. */
function writeValue(to: ProtoWriter, value: AttributeValue): void {
  if (typeof value === 'string') to.string(1, value)
  else if (typeof value === 'boolean') to.varint(2, Number(value))
  else if (Array.isArray(value)) to.message(5, value as AttributeValue[], writeValues)
  else if (Number.isSafeInteger(value)) to.int64(3, value as number)
  else to.double(4, Number(value))
}

function writeValues(to: ProtoWriter, values: readonly AttributeValue[]): void {
  for (const value of values) to.message(1, value, writeValue)
}
