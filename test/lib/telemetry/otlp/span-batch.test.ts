import { type Attributes, SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import { resourceFromAttributes } from '@opentelemetry/resources'
import fc from 'fast-check'
import t from 'tap'
import { ProtoWriter } from '../../../../lib/telemetry/otlp/proto-writer.ts'
import { SpanBatch } from '../../../../lib/telemetry/otlp/span-batch.ts'
import { RecordedSpan, type SpanInit } from '../../../../lib/telemetry/recorded-span.ts'
import { VendorState } from '../../../../lib/telemetry/trace-state.ts'
import { exportRequest, fieldsIn } from './wire-fields.ts'

const origin = {
  resource: resourceFromAttributes({ 'service.name': 'api-gateway', 'process.pid': 7 }),
  scope: { name: 'sluice' },
  onEnd: () => {}
}
const context = {
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
  traceFlags: TraceFlags.SAMPLED
}

function newSpan(init: Partial<SpanInit> = {}): RecordedSpan {
  return new RecordedSpan(origin, {
    name: 'GET /health',
    kind: SpanKind.SERVER,
    context,
    parent: undefined,
    attributes: undefined,
    startTime: [1_790_000_000, 123_456_000],
    links: undefined,
    ...init
  })
}

function encodeSpans(spans: readonly RecordedSpan[]): Uint8Array {
  const batch = new SpanBatch(origin.resource)
  for (const span of spans) batch.add(span)
  return take(batch)
}

function take(batch: SpanBatch): Uint8Array {
  const request = new ProtoWriter()
  batch.moveTo(request)
  return request.take()
}

/** The SDK's own serialiser is the judge. */
function checkAgainstSdk(t: { same: typeof import('tap').default.same }, spans: RecordedSpan[]): void {
  const expected = ProtobufTraceSerializer.serializeRequest(spans)!
  t.same(fieldsIn(encodeSpans(spans), exportRequest), fieldsIn(expected, exportRequest))
}

t.test('spans are told as the SDK tells them', async t => {
  const traceState = VendorState.parse('foo=1,bar=2')!
  const parent = { ...context, spanId: 'ffffffffffffffff', isRemote: true }
  const span = newSpan({ context: { ...context, traceState }, parent, attributes: { 'http.request.method': 'GET' } })
  span.setAttribute('http.response.status_code', 503)
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'UNAVAILABLE' })
  span.addEvent('retry', { attempt: 2 }, [1_790_000_000, 200_000_000])
  span.addLink({ context: { ...context, traceState }, attributes: { why: 'because' } })
  span.end([1_790_000_001, 0])
  checkAgainstSdk(t, [span, newSpan({ kind: SpanKind.CLIENT, parent: { ...parent, isRemote: false } })])
})

t.test('attributes of all kinds are told as the SDK tells them', async t => {
  const attributes: Attributes = {
    text: 'caf\u00e9 \u{1f600}',
    empty: '',
    long: 'x'.repeat(20_000),
    yes: true,
    no: false,
    zero: 0,
    large: Number.MAX_SAFE_INTEGER,
    negative: -5,
    fraction: 0.1,
    list: ['a', 'b'],
    numbers: [1, -2, 0.5]
  }
  checkAgainstSdk(t, [newSpan({ attributes })])
})

t.test('attributes that are frozen are told with every span that has them', async t => {
  const attributes = Object.freeze({ 'http.route': '/health' })
  const time: [number, number] = [1_790_000_000, 0]
  const spans = [
    newSpan({ attributes }),
    newSpan({ attributes }).setAttribute('more', 1).addEvent('a', attributes, time)
  ]
  checkAgainstSdk(t, [...spans, newSpan().addEvent('b', attributes, time)])
})

t.test('spans of several tracers are told apart', async t => {
  const other = new RecordedSpan(
    { ...origin, scope: { name: 'other', version: '1' } },
    {
      name: 'other',
      kind: SpanKind.INTERNAL,
      context,
      parent: undefined,
      attributes: undefined,
      startTime: [1_790_000_000, 0],
      links: undefined
    }
  )
  checkAgainstSdk(t, [newSpan(), other, newSpan()])
})

t.test('thousands of spans with any names, texts and times are told as the SDK tells them', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 200 })
  const spans = fc.array(
    fc.record({
      name: text,
      attributes: fc.dictionary(text, fc.oneof(text, fc.boolean(), fc.maxSafeInteger()), { noNullPrototype: true }),
      // Of which milliseconds hold the nanoseconds exactly, that the SDK may be compared.
      startTime: fc.tuple(
        fc.integer({ min: 0, max: 4_000_000_000 }),
        fc.integer({ min: 0, max: 999 }).map(ms => ms * 1e6)
      )
    }),
    { minLength: 1, maxLength: 100 }
  )
  fc.assert(
    fc.property(spans, inits => {
      const made = inits.map(init => newSpan(init as Partial<SpanInit>))
      for (const span of made) span.end(span.startTime)
      const expected = ProtobufTraceSerializer.serializeRequest(made)!
      return (
        JSON.stringify(fieldsIn(encodeSpans(made), exportRequest)) === JSON.stringify(fieldsIn(expected, exportRequest))
      )
    }),
    { seed: 5, numRuns: 40 }
  )
})

t.test('a batch starts anew when it was taken', async t => {
  const batch = new SpanBatch(origin.resource)
  batch.add(newSpan({ name: 'first' }))
  batch.add(newSpan({ name: 'second' }))
  t.equal(batch.count, 2)
  const first = take(batch)
  t.equal(batch.count, 0)
  batch.add(newSpan({ name: 'third' }))
  t.equal(batch.count, 1)
  const expected = [first, take(batch)].map(bytes => fieldsIn(bytes, exportRequest))
  const sdk = [['first', 'second'], ['third']].map(names => names.map(name => newSpan({ name })))
  t.same(
    expected,
    sdk.map(spans => fieldsIn(ProtobufTraceSerializer.serializeRequest(spans)!, exportRequest))
  )
})

t.test('a span that cannot be told is left out, and those beside it are not', async t => {
  const batch = new SpanBatch(origin.resource)
  batch.add(newSpan({ name: 'first' }))
  t.doesNotThrow(() => batch.add(newSpan({ attributes: { fine: 1, broken: Symbol('x') as never } })))
  batch.add(newSpan({ name: 'last' }))
  t.equal(batch.count, 2)
  const expected = ProtobufTraceSerializer.serializeRequest([newSpan({ name: 'first' }), newSpan({ name: 'last' })])!
  t.same(fieldsIn(take(batch), exportRequest), fieldsIn(expected, exportRequest))
})
