import {
  defaultTextMapGetter,
  defaultTextMapSetter,
  INVALID_SPAN_CONTEXT,
  ROOT_CONTEXT,
  trace
} from '@opentelemetry/api'
import t from 'tap'
import { traceContext } from '../../../lib/telemetry/trace-context.ts'

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03'

t.test('what was extracted is injected again', async t => {
  const headers = { traceparent, tracestate: 'vendor=1' }
  const sent = {}
  traceContext.inject(traceContext.extract(ROOT_CONTEXT, headers, defaultTextMapGetter), sent, defaultTextMapSetter)
  t.same(sent, headers)
})

t.test('the random flag stays with the trace when a span of its own does not carry it', async t => {
  const caller = traceContext.extract(ROOT_CONTEXT, { traceparent }, defaultTextMapGetter)
  const own = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: 'b7ad6b7169203331', traceFlags: 1 }
  const sent: Record<string, string> = {}
  traceContext.inject(trace.setSpanContext(caller, own), sent, defaultTextMapSetter)
  t.equal(sent.traceparent, '00-4bf92f3577b34da6a3ce929d0e0e4736-b7ad6b7169203331-03')
})

t.test('without a span there is nothing to tell', async t => {
  for (const context of [ROOT_CONTEXT, trace.setSpanContext(ROOT_CONTEXT, INVALID_SPAN_CONTEXT)]) {
    const sent = {}
    traceContext.inject(context, sent, defaultTextMapSetter)
    t.same(sent, {})
  }
})

t.test('several headers are one', async t => {
  const headers = { traceparent, tracestate: ['foo=1', 'bar=2'] }
  const context = traceContext.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
  t.equal(trace.getSpanContext(context)?.traceState?.serialize(), 'foo=1,bar=2')
})

t.test('it says which headers it writes', async t => {
  t.same(traceContext.fields(), ['traceparent', 'tracestate'])
})
