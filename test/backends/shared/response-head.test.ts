import { once } from 'node:events'
import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { newId } from '../../../backends/shared/ids.ts'
import { sendHeaders } from '../../../backends/shared/response-head.ts'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { refusalOf } from '../helper.ts'
import { startEcho } from './echo.ts'

/** Calls the stream; `accepted` resolves with its headers. */
async function startWatch(echo: Awaited<ReturnType<typeof startEcho>>) {
  const accepted = Promise.withResolvers<Headers>()
  const events = echo
    .client(OrderService, await echo.userToken('ann'))
    .watchOrder({ orderId: newId() }, { onHeader: accepted.resolve })
    [Symbol.asyncIterator]()
  return { accepted: accepted.promise, first: events.next(), events }
}

t.test('the caller of a stream knows that it was accepted before there is a message', async t => {
  const release = Promise.withResolvers<void>()
  const echo = await startEcho(t, {
    async *watchOrder(context) {
      context.responseHeader.set('x-hello', 'early')
      sendHeaders(context)
      await release.promise
      yield { seq: 1n }
      yield { seq: 2n }
    }
  })
  const { accepted, first, events } = await startWatch(echo)
  t.match(Object.fromEntries(await accepted), { 'content-type': 'application/grpc+proto', 'x-hello': 'early' })
  release.resolve()
  t.equal((await first).value?.seq, 1n)
  t.equal((await events.next()).value?.seq, 2n)
  t.ok((await events.next()).done)
})

t.test('a stream that fails after it was accepted says why', async t => {
  const echo = await startEcho(t, {
    // biome-ignore lint/correctness/useYield: it fails before there is a message
    async *watchOrder(context) {
      sendHeaders(context)
      throw new ConnectError('too late', Code.OutOfRange)
    }
  })
  const { accepted, first } = await startWatch(echo)
  await accepted
  t.match(await refusalOf(first), { code: Code.OutOfRange, rawMessage: 'too late' })
})

t.test('a caller that has left by then is no fault', async t => {
  const ended = Promise.withResolvers<void>()
  const arrived = Promise.withResolvers<void>()
  const { client, userToken } = await startEcho(t, {
    async *watchOrder(context) {
      arrived.resolve()
      await once(context.signal, 'abort')
      sendHeaders(context)
      ended.resolve()
      yield {}
    }
  })
  const leaving = new AbortController()
  const orders = client(OrderService, await userToken('ann'))
  const call = refusalOf(
    orders.watchOrder({ orderId: newId() }, { signal: leaving.signal })[Symbol.asyncIterator]().next()
  )
  await arrived.promise
  leaving.abort()
  t.equal((await call).code, Code.Canceled)
  await t.resolves(ended.promise)
})
