import { once } from 'node:events'
import { Code } from '@connectrpc/connect'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import t from 'tap'
import { createServiceClient } from '../../../backends/shared/clients.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { failure } from '../../../backends/shared/service-error.ts'
import { currentRequestId, inSpan } from '../../../backends/shared/telemetry.ts'
import { InventoryService } from '../../../gen/shop/inventory/v1/inventory_pb.ts'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { refusalOf, type Test } from '../helper.ts'
import { collectSpans, type Span } from '../spans.ts'
import { type EchoHandlers, startEcho } from './echo.ts'

const orderId = newId()
const traceId = '0af7651916cd43dd8448eb211c80319c'
const traceparent = `00-${traceId}-b7ad6b7169203331-01`

const finished = collectSpans()
t.beforeEach(() => finished.splice(0))

function named(name: string): Span {
  const span = finished.find(span => span.name === name)
  if (span === undefined) throw new Error(`no span ${name} among ${finished.map(span => span.name)}`)
  return span
}

/** An order service that asks an inventory service; a call to it. */
async function startPair(t: Test, inventory: NonNullable<EchoHandlers['batchGetStock']>) {
  const stock = await startEcho(t, { batchGetStock: inventory })
  const client = createServiceClient(InventoryService, {
    target: stock.url,
    tokens: stock.tokens,
    as: 'order-service'
  })
  t.teardown(() => client[Symbol.dispose]())
  const orders = await startEcho(t, {
    getOrder: () =>
      inSpan('order.get_by_id', { 'order.id': orderId }, async () => {
        await client.batchGetStock({ productIds: [newId()] })
        return {}
      })
  })
  const user = orders.client(OrderService, await orders.userToken('ann'))
  return () => user.getOrder({ orderId }, { headers: { traceparent, 'x-request-id': 'request-1' } })
}

t.test('a call through two services is one trace, each span a child of its caller', async t => {
  const call = await startPair(t, async () => ({}))
  await call()
  const order = finished.find(span => span.name === 'shop.order.v1.OrderService/GetOrder')!
  const own = named('order.get_by_id')
  const [server, client] = finished.filter(span => span.name === 'shop.inventory.v1.InventoryService/BatchGetStock')
  t.equal(order.kind, SpanKind.SERVER)
  t.equal(client?.kind, SpanKind.CLIENT)
  t.equal(server?.kind, SpanKind.SERVER)
  t.equal(order.parentSpanContext?.spanId, 'b7ad6b7169203331')
  t.equal(own.parentSpanContext?.spanId, order.spanContext().spanId)
  t.equal(client?.parentSpanContext?.spanId, own.spanContext().spanId)
  t.equal(server?.parentSpanContext?.spanId, client?.spanContext().spanId)
  for (const span of finished) t.equal(span.spanContext().traceId, traceId)
  t.match(order.attributes, {
    'rpc.system': 'grpc',
    'rpc.service': 'shop.order.v1.OrderService',
    'rpc.method': 'GetOrder',
    'rpc.grpc.status_code': 0
  })
})

t.test('the request id goes with the call', async t => {
  let received: string | null = null
  const call = await startPair(t, async () => {
    received = currentRequestId()
    return {}
  })
  await call()
  t.equal(received, 'request-1')
  t.equal(currentRequestId(), null)
})

t.test("a refusal is an error of the caller's span, not of the server's", async t => {
  const call = await startPair(t, async () => {
    throw failure(Code.FailedPrecondition, 'INSUFFICIENT_STOCK', 'not enough')
  })
  await refusalOf(call())
  const [server, client] = finished.filter(span => span.name.endsWith('/BatchGetStock'))
  t.equal(server?.status.code, SpanStatusCode.UNSET)
  t.equal(server?.attributes['rpc.grpc.status_code'], Code.FailedPrecondition)
  t.equal(server?.attributes['error.type'], 'INSUFFICIENT_STOCK')
  t.equal(client?.status.code, SpanStatusCode.ERROR)
})

t.test('a refusal for want of a token is traced', async t => {
  const { client } = await startEcho(t)
  await refusalOf(client(OrderService).getOrder({ orderId }))
  t.equal(named('shop.order.v1.OrderService/GetOrder').attributes['error.type'], 'TOKEN_MISSING')
})

t.test('a failure leaves its kind in the span, and none of its words', async t => {
  const work = inSpan('saga.rollback', {}, () => Promise.reject(new TypeError('ann@example.com')))
  await t.rejects(work, { message: 'ann@example.com' })
  const span = named('saga.rollback')
  t.match(span.status, { code: SpanStatusCode.ERROR, message: 'TypeError' })
  t.notMatch(JSON.stringify([span.attributes, span.events, span.status]), 'ann@example.com')
})

t.test('the span of a stream lasts as long as the stream, and holds what happens in it', async t => {
  const more = Promise.withResolvers<void>()
  const { client, userToken } = await startEcho(t, {
    async *watchOrder() {
      yield { seq: 1n }
      await more.promise
      yield { seq: await inSpan('read.events', {}, async () => 2n) }
    }
  })
  const events = client(OrderService, await userToken('ann'))
    .watchOrder({ orderId })
    [Symbol.asyncIterator]()
  await events.next()
  t.equal(finished.length, 0)
  more.resolve()
  await events.next()
  t.ok((await events.next()).done)
  const stream = named('shop.order.v1.OrderService/WatchOrder')
  t.equal(named('read.events').parentSpanContext?.spanId, stream.spanContext().spanId)
})

t.test('a reader that leaves ends the span of its stream', async t => {
  const ended = Promise.withResolvers<void>()
  const { client, userToken, close } = await startEcho(t, {
    async *watchOrder({ signal }) {
      yield { seq: 1n }
      await once(signal, 'abort')
      ended.resolve()
    }
  })
  const leaving = new AbortController()
  const orders = client(OrderService, await userToken('ann'))
  const events = orders.watchOrder({ orderId }, { signal: leaving.signal })[Symbol.asyncIterator]()
  await events.next()
  leaving.abort()
  await ended.promise
  await close()
  t.equal(named('shop.order.v1.OrderService/WatchOrder').status.code, SpanStatusCode.UNSET)
})
