import { Code, ConnectError, createClient } from '@connectrpc/connect'
import { metrics, ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api'
import t from 'tap'
import { ProductService } from '../../../gen/shop/product/v1/product_pb.ts'
import { withTranslatedErrors } from '../../../lib/policies/connection.ts'
import { withTrace } from '../../../lib/policies/trace.ts'
import { createTransport } from '../../../lib/upstream/grpc/connect-transport.ts'
import { Lifetime } from '../../../lib/upstream/grpc/lifetime.ts'
import { onBehalfOf } from '../../../lib/upstream/grpc/on-behalf-of.ts'
import { type Shop, startUpstream, type Test, until } from '../../helper.ts'
import { findSpan, recordTelemetry } from '../../telemetry.ts'
import { openWire } from './open-wire.ts'
import { startStreaming } from './streams.ts'

const telemetry = recordTelemetry()
t.beforeEach(() => telemetry.reset())

const name = 'shop.product.v1.ProductService/ListCategories'

async function createTraced(t: Test, shop: Shop = {}) {
  const { url, calls } = await startUpstream(t, shop)
  const tracer = trace.getTracer('test')
  const duration = metrics.getMeter('test').createHistogram('rpc.client.duration')
  const { wire, transport } = openWire(t, url, [withTrace({ tracer, duration, target: url })])
  return { client: createClient(ProductService, transport), wire, calls, url }
}

t.test('a call is a client span that the upstream hears of', async t => {
  const { client, calls, url } = await createTraced(t)
  await client.listCategories({})
  const span = findSpan(telemetry.spans(), name)
  t.equal(span.kind, SpanKind.CLIENT)
  t.match(span.attributes, {
    'rpc.system': 'grpc',
    'rpc.service': 'shop.product.v1.ProductService',
    'rpc.method': 'ListCategories',
    'rpc.grpc.status_code': 0,
    'server.address': '127.0.0.1',
    'server.port': Number(new URL(url).port)
  })
  t.match(calls[0]?.header.get('traceparent'), span.spanContext().spanId)
})

t.test('a call is part of what its maker says that it is part of', async t => {
  const { url } = await startUpstream(t)
  const tracer = trace.getTracer('test')
  const duration = metrics.getMeter('test').createHistogram('rpc.client.duration')
  const step = tracer.startSpan('step')
  const parentOf = () => trace.setSpan(ROOT_CONTEXT, step)
  const { transport } = openWire(t, url, [withTrace({ tracer, duration, target: url, parentOf })])
  await createClient(ProductService, transport).listCategories({})
  t.equal(findSpan(telemetry.spans(), name).parentSpanContext?.spanId, step.spanContext().spanId)
})

t.test('a refusal is told by its code, not by its words', async t => {
  const listCategories = () => {
    throw new ConnectError('ada@example.com is not known', Code.NotFound)
  }
  const { client } = await createTraced(t, { product: { listCategories } })
  await t.rejects(client.listCategories({}), { code: Code.NotFound })
  const { attributes, status, events } = findSpan(telemetry.spans(), name)
  t.match(attributes, { 'rpc.grpc.status_code': 5, 'error.type': 'NOT_FOUND' })
  t.same(status, { code: SpanStatusCode.ERROR, message: 'NOT_FOUND' })
  t.same(events, [])
})

t.test('calls are timed by method and code', async t => {
  const { client } = await createTraced(t)
  await client.listCategories({})
  const points = (await telemetry.metrics()).get('rpc.client.duration')?.dataPoints ?? []
  t.ok(
    points.some(
      ({ attributes }) => attributes['rpc.method'] === 'ListCategories' && attributes['rpc.grpc.status_code'] === 0
    )
  )
})

/** An upstream that streams, and what is known of its calls. */
async function startTracedStreams(t: Test) {
  const tracer = trace.getTracer('test')
  const duration = metrics.getMeter('test').createHistogram('rpc.client.duration')
  return startStreaming(t, target => [withTrace({ tracer, duration, target }), withTranslatedErrors()])
}

const streamName = 'fixture.v1.StreamService/WatchTopic'

t.test('the span of a stream ends with the stream, and says how', async t => {
  const call = await startTracedStreams(t)
  const codes = { well: 0, 'with an error': 13, 'with a reset': 14 }
  for (const [ending, code] of Object.entries(codes) as [keyof typeof codes, number][]) {
    telemetry.reset()
    const { messages } = await call(ending)
    const reading = messages[Symbol.asyncIterator]()
    await reading.next()
    t.same(telemetry.spans(), [], 'it goes on')
    await reading.next().catch(() => {})
    t.equal(findSpan(telemetry.spans(), streamName).attributes['rpc.grpc.status_code'], code, ending)
  }
})

t.test('the span of a stream that its client leaves ends at once', async t => {
  const call = await startTracedStreams(t)
  const controller = new AbortController()
  await call('never', { signal: controller.signal })
  controller.abort()
  t.match(findSpan(telemetry.spans(), streamName).attributes, { 'error.type': 'CANCELLED' })
})

/** The durations of all streams so far, in milliseconds. */
async function totalDuration(): Promise<number> {
  const points = (await telemetry.metrics()).get('rpc.client.duration')?.dataPoints ?? []
  const ofStreams = points.filter(({ attributes }) => attributes['rpc.method'] === 'WatchTopic')
  return ofStreams.reduce((total, { value }) => total + ((value as { sum?: number }).sum ?? 0), 0)
}

t.test('how long a stream goes on does not make its upstream slow', async t => {
  const call = await startTracedStreams(t)
  const before = await totalDuration()
  const controller = new AbortController()
  await call('never', { signal: controller.signal })
  const answeredAt = performance.now()
  await until(() => performance.now() - answeredAt > 20)
  controller.abort()
  const [seconds, nanos] = findSpan(telemetry.spans(), streamName).duration
  t.ok((await totalDuration()) - before < seconds * 1_000 + nanos / 1_000_000 - 20)
})

t.test('a call in a trace that nobody keeps has no span, and its upstream hears of the trace all the same', async t => {
  const { wire, calls } = await createTraced(t)
  const ids = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }
  const caller = {
    requestId: 'r-1',
    trace: trace.setSpan(ROOT_CONTEXT, trace.wrapSpanContext({ ...ids, traceFlags: TraceFlags.NONE })),
    authorization: null,
    lifetime: new Lifetime(),
    deadline: performance.now() + 10_000,
    streamDeadline: null
  }
  await createClient(ProductService, createTransport(onBehalfOf(caller, wire))).listCategories({})
  t.same(telemetry.spans(), [])
  t.equal(calls[0]?.header.get('traceparent'), `00-${ids.traceId}-${ids.spanId}-00`)
})
