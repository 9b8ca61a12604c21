import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import t from 'tap'
import { build, orderId, signToken, until, userId } from '../helper.ts'
import { findSpan, recordTelemetry } from '../telemetry.ts'

const telemetry = recordTelemetry()
t.beforeEach(() => telemetry.reset())

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const parentId = '00f067aa0ba902b7'
const traceparent = `00-${traceId}-${parentId}-01`
const serverSpan = 'GET /api/v1/orders/{order_id}'

/** The spans of one request. The server span ends last, a moment after the client has the answer. */
async function spansOf(request: () => Promise<unknown>, last = serverSpan) {
  await request()
  await until(() => telemetry.spans().some(({ name }) => name === last))
  return telemetry.spans()
}

t.test('one request is one trace: the server span, its checks, and the call', async t => {
  const { call } = await build(t)
  const token = await signToken()
  const spans = await spansOf(() => call('GET', `/api/v1/orders/${orderId}`, { token }))
  const server = findSpan(spans, serverSpan)
  t.equal(server.kind, SpanKind.SERVER)
  t.equal(findSpan(spans, 'shop.order.v1.OrderService/GetOrder').kind, SpanKind.CLIENT)
  const children = spans.filter(span => span.parentSpanContext?.spanId === server.spanContext().spanId)
  t.same(children.map(({ name }) => name).sort(), [
    'circuit_breaker.check',
    'jwt.authenticate',
    // By the address, and then by the user.
    'rate_limiter.check',
    'rate_limiter.check',
    'shop.order.v1.OrderService/GetOrder'
  ])
})

t.test('the trace of the client goes on', async t => {
  const { call } = await build(t)
  const headers = { traceparent }
  const token = await signToken()
  const spans = await spansOf(() => call('GET', `/api/v1/orders/${orderId}`, { token, headers }))
  const server = findSpan(spans, serverSpan)
  t.equal(server.spanContext().traceId, traceId)
  t.equal(server.parentSpanContext?.spanId, parentId)
})

t.test('the service gets the trace, the request id and the baggage', async t => {
  const { call, upstream } = await build(t)
  const headers = { traceparent, baggage: 'tenant=blue', 'x-request-id': 'from-the-client' }
  const token = await signToken()
  const spans = await spansOf(() => call('GET', `/api/v1/orders/${orderId}`, { token, headers }))
  const client = findSpan(spans, 'shop.order.v1.OrderService/GetOrder')
  const sent = upstream.calls[0]?.header
  t.equal(sent?.get('traceparent'), `00-${traceId}-${client.spanContext().spanId}-01`)
  t.equal(sent?.get('baggage'), 'tenant=blue')
  t.equal(sent?.get('x-request-id'), 'from-the-client')
})

t.test('a trace that its caller does not keep is not kept here, and goes on', async t => {
  const { call, upstream } = await build(t)
  const headers = { traceparent: `00-${traceId}-${parentId}-00` }
  await call('GET', `/api/v1/orders/${orderId}`, { token: await signToken(), headers })
  // A request after it, whose spans come later, shows that none is on its way.
  await spansOf(() => call('GET', '/health'), 'GET /health')
  t.same(
    telemetry.spans().map(({ name }) => name),
    ['GET /health']
  )
  t.match(upstream.calls[0]?.header.get('traceparent'), new RegExp(`^00-${traceId}-[0-9a-f]{16}-00$`))
})

t.test('an error body names the trace', async t => {
  const { call } = await build(t)
  const { body } = await call('GET', '/nowhere', { headers: { traceparent } })
  t.equal(body.trace_id, traceId)
})

t.test('a request id that could break a log is replaced', async t => {
  const { call } = await build(t)
  const { headers } = await call('GET', '/health', { headers: { 'x-request-id': 'a b"c' } })
  t.match(headers.get('x-request-id'), /^[0-9a-f-]{36}$/)
})

t.test('a failed request marks its span, and the call that failed', async t => {
  const { call } = await build(t, { ORDER_SERVICE_URL: 'http://127.0.0.1:1' })
  const token = await signToken()
  const spans = await spansOf(() => call('GET', `/api/v1/orders/${orderId}`, { token }))
  const server = findSpan(spans, serverSpan)
  t.equal(server.status.code, SpanStatusCode.ERROR)
  t.match(server.attributes, { 'http.response.status_code': 503, 'error.type': '503' })
  const client = findSpan(spans, 'shop.order.v1.OrderService/GetOrder')
  t.match(client.attributes, { 'rpc.grpc.status_code': 14, 'error.type': 'UNAVAILABLE' })
})

t.test('a path that nothing serves has a span without a path', async t => {
  const { call } = await build(t)
  const [span] = await spansOf(() => call('GET', '/secret-a1b2'), 'GET')
  t.notMatch(JSON.stringify([span?.name, span?.attributes]), 'secret-a1b2')
})

t.test('no span holds a token, a path parameter, a query or a body', async t => {
  const { call } = await build(t)
  const token = await signToken()
  const body = { email: 'ada@example.com', password: 'correct horse' }
  await call('POST', '/api/v1/users/login?hint=shhh', { body })
  const spans = await spansOf(() => call('GET', `/api/v1/orders/${orderId}?hint=shhh`, { token }))
  const told = JSON.stringify(
    spans.map(({ name, attributes, status, events }) => ({ name, attributes, status, events }))
  )
  for (const kept of [token, orderId, 'shhh', 'ada@', 'correct horse']) t.notMatch(told, kept)
  t.equal(findSpan(spans, serverSpan).attributes['user.id'], userId)
})
