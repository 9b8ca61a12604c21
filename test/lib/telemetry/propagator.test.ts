import { defaultTextMapGetter, defaultTextMapSetter, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import t from 'tap'
import { propagator } from '../../../lib/telemetry/propagator.ts'
import { Metadata } from '../../../lib/upstream/grpc/metadata.ts'

t.test('trace context and baggage go through, also when no telemetry is exported', async t => {
  const headers = {
    traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
    tracestate: 'vendor=1',
    baggage: 'tenant=blue'
  }
  const context = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
  t.equal(trace.getSpanContext(context)?.traceId, '4bf92f3577b34da6a3ce929d0e0e4736')
  t.equal(propagation.getBaggage(context)?.getEntry('tenant')?.value, 'blue')
  const sent = {}
  propagator.inject(context, sent, defaultTextMapSetter)
  t.same(sent, headers)
})

t.test('a malformed traceparent is as good as none', async t => {
  for (const traceparent of ['00-0-0-01', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, 'x']) {
    const context = propagator.extract(ROOT_CONTEXT, { traceparent }, defaultTextMapGetter)
    t.equal(trace.getSpanContext(context), undefined, traceparent)
  }
})

t.test('baggage that cannot be said to an upstream is left out, and the rest goes on', async t => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  for (const baggage of ['tenant=blue;\xe9', 'b=2,a=3;p ,b=4', 'tenant=blue;a\tb']) {
    const context = propagator.extract(ROOT_CONTEXT, { traceparent, baggage }, defaultTextMapGetter)
    const metadata = new Metadata()
    propagator.inject(context, metadata, { set: (carrier, name, value) => carrier.set(name, value) })
    t.same(metadata.fields, ['traceparent', traceparent], baggage)
  }
})
