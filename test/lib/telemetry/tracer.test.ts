import { type Context, ROOT_CONTEXT, type SpanContext, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'
import { suppressTracing } from '@opentelemetry/core'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  InMemorySpanExporter,
  ParentBasedSampler,
  type Sampler,
  SimpleSpanProcessor,
  TraceIdRatioBasedSampler
} from '@opentelemetry/sdk-trace'
import t from 'tap'
import { VendorState } from '../../../lib/telemetry/trace-state.ts'
import { createTracerProvider } from '../../../lib/telemetry/tracer.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const resource = resourceFromAttributes({ 'service.name': 'test' })

function create(sampler: Sampler = new AlwaysOnSampler()) {
  const exporter = new InMemorySpanExporter()
  const provider = createTracerProvider({ resource, sampler, processor: new SimpleSpanProcessor({ exporter }) })
  return { tracer: provider.getTracer('sluice', '1'), ended: () => exporter.getFinishedSpans() }
}

function remote(flags: number, more: Partial<SpanContext> = {}): Context {
  const context = { traceId, spanId: '00f067aa0ba902b7', traceFlags: flags, isRemote: true, ...more }
  return trace.setSpanContext(ROOT_CONTEXT, context)
}

t.test('a span that ended is exported, with all that was said of it', async t => {
  const { tracer, ended } = create()
  const span = tracer.startSpan('work', { attributes: { a: 1 } }, ROOT_CONTEXT)
  span.setAttributes({ b: 'two', c: true }).updateName('works').setStatus({ code: SpanStatusCode.ERROR, message: 'no' })
  span.addEvent('event', { d: 4 })
  span.recordException(new TypeError('broken'))
  span.end()
  const [told] = ended()
  t.match(told, { name: 'works', resource, instrumentationScope: { name: 'sluice', version: '1' } })
  t.same(told?.attributes, { a: 1, b: 'two', c: true })
  t.same(told?.status, { code: SpanStatusCode.ERROR, message: 'no' })
  t.match(told?.events, [{ name: 'event', attributes: { d: 4 } }, { attributes: { 'exception.type': 'TypeError' } }])
})

t.test('what is said of a span after its end is not heard', async t => {
  const { tracer, ended } = create()
  const span = tracer.startSpan('work', {}, ROOT_CONTEXT)
  span.end()
  span.setAttribute('a', 1).updateName('else').setStatus({ code: SpanStatusCode.ERROR }).addEvent('event').end()
  t.match(ended(), [{ name: 'work', attributes: {}, events: [], status: { code: SpanStatusCode.UNSET } }])
  t.equal(span.isRecording(), false)
})

t.test('attributes that several spans share are not written to', async t => {
  const { tracer } = create()
  const attributes = Object.freeze({ a: 1 })
  t.doesNotThrow(() => tracer.startSpan('work', { attributes }, ROOT_CONTEXT).setAttribute('a', 2).end())
  t.same(attributes, { a: 1 })
})

t.test('a success is the last word', async t => {
  const { tracer, ended } = create()
  const span = tracer.startSpan('work', {}, ROOT_CONTEXT).setStatus({ code: SpanStatusCode.OK })
  span.setStatus({ code: SpanStatusCode.ERROR }).end()
  t.equal(ended()[0]?.status.code, SpanStatusCode.OK)
})

t.test('a child is in the trace of its parent, with what vendors say of it', async t => {
  const { tracer, ended } = create()
  const traceState = VendorState.parse('foo=1')!
  const parent = tracer.startSpan('parent', {}, remote(TraceFlags.SAMPLED, { traceState }))
  tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, parent)).end()
  const [child] = ended()
  t.equal(child?.spanContext().traceId, traceId)
  t.equal(child?.spanContext().traceState, traceState)
  t.equal(child?.parentSpanContext?.spanId, parent.spanContext().spanId)
})

t.test('its times are those of the clock of the day', async t => {
  const { tracer, ended } = create()
  const before = Date.now()
  tracer.startSpan('work', {}, ROOT_CONTEXT).end()
  const { startTime, endTime } = ended()[0]!
  const [startMs, endMs] = [startTime, endTime].map(([seconds, nanos]) => seconds * 1000 + nanos / 1e6)
  t.ok(startMs! > before - 20 && endMs! >= startMs! && endMs! < Date.now() + 20)
})

t.test('it takes times in all forms of the API', async t => {
  const { tracer, ended } = create()
  tracer.startSpan('work', { startTime: new Date(1_790_000_000_250) }, ROOT_CONTEXT).end([1_790_000_001, 500_000_000])
  t.match(ended(), [
    { startTime: [1_790_000_000, 250_000_000], endTime: [1_790_000_001, 500_000_000], duration: [1, 250_000_000] }
  ])
})

const on = new AlwaysOnSampler()
const off = new AlwaysOffSampler()
for (const [name, sampler, context, kept] of [
  ['always on, a trace that begins here', on, ROOT_CONTEXT, true],
  ['always off, a trace that begins here', off, ROOT_CONTEXT, false],
  ['always off, a caller that keeps it', off, remote(1), false],
  ['by the parent, a caller that keeps it', new ParentBasedSampler({ root: off }), remote(1), true],
  ['by the parent, a caller that does not', new ParentBasedSampler({ root: on }), remote(0), false],
  ['none of all traces', new TraceIdRatioBasedSampler(0), ROOT_CONTEXT, false],
  ['all of all traces', new TraceIdRatioBasedSampler(1), ROOT_CONTEXT, true]
] as const) {
  t.test(`sampling: ${name}`, async t => {
    const { tracer, ended } = create(sampler)
    const span = tracer.startSpan('parent', {}, context)
    const child = tracer.startSpan('child', {}, trace.setSpan(ROOT_CONTEXT, span))
    child.end()
    span.end()
    t.equal(ended().length, kept ? 2 : 0)
    t.equal(child.spanContext().traceId, span.spanContext().traceId)
    t.equal(span.spanContext().traceFlags, kept ? TraceFlags.SAMPLED : TraceFlags.NONE)
  })
}

t.test('a root span has no parent, whatever the context says', async t => {
  const { tracer, ended } = create()
  tracer.startSpan('work', { root: true }, remote(1)).end()
  t.not(ended()[0]?.spanContext().traceId, traceId)
  t.equal(ended()[0]?.parentSpanContext, undefined)
})

t.test('where tracing is suppressed there are no spans', async t => {
  const { tracer, ended } = create()
  tracer.startSpan('work', {}, suppressTracing(ROOT_CONTEXT)).end()
  t.same(ended(), [])
})

t.test('a span around work is handed to it, and the result comes back', async t => {
  const { tracer, ended } = create()
  const result = tracer.startActiveSpan('work', span => {
    span.end()
    return 'done'
  })
  t.equal(result, 'done')
  t.equal(ended()[0]?.name, 'work')
})
