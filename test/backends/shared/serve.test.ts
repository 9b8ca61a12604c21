import { once } from 'node:events'
import { connect } from 'node:http2'
import { Code } from '@connectrpc/connect'
import t from 'tap'
import { newId } from '../../../backends/shared/ids.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { refusalOf } from '../helper.ts'
import { startEcho } from './echo.ts'

const orderId = newId()

t.test('an rpc that is not built is UNIMPLEMENTED', async t => {
  const { client, userToken } = await startEcho(t)
  const error = await refusalOf(client(OrderService, await userToken('ann')).cancelOrder({ orderId }))
  t.equal(error.code, Code.Unimplemented)
})

t.test('a call in flight finishes while the server closes', async t => {
  const arrived = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const { client, userToken, url, close } = await startEcho(t, {
    async getOrder() {
      arrived.resolve()
      await release.promise
      return { id: 'finished' }
    }
  })
  const order = client(OrderService, await userToken('ann')).getOrder({ orderId })
  await arrived.promise
  const closed = close()
  const late = connect(url)
  const [refused] = await once(late, 'error')
  t.equal(refused.code, 'ECONNREFUSED')
  release.resolve()
  t.equal((await order).id, 'finished')
  await closed
})

t.test('a stream ends with UNAVAILABLE when the server closes, so that its reader comes back', async t => {
  const { client, userToken, close } = await startEcho(t, {
    async *watchOrder({ signal }) {
      yield { seq: 1n }
      await once(signal, 'abort')
    }
  })
  const events = client(OrderService, await userToken('ann'))
    .watchOrder({ orderId })
    [Symbol.asyncIterator]()
  t.equal((await events.next()).value?.seq, 1n)
  const [error] = await Promise.all([refusalOf(events.next()), close()])
  t.equal(error.code, Code.Unavailable)
  t.equal(reasonOf(error), 'SHUTTING_DOWN')
})

t.test('a reader that leaves ends the work of its stream', async t => {
  const ended = Promise.withResolvers<string>()
  const { client, userToken } = await startEcho(t, {
    async *watchOrder({ signal }) {
      yield { seq: 1n }
      await once(signal, 'abort')
      ended.resolve('ended')
    }
  })
  const leaving = new AbortController()
  const orders = client(OrderService, await userToken('ann'))
  const events = orders.watchOrder({ orderId }, { signal: leaving.signal })[Symbol.asyncIterator]()
  await events.next()
  leaving.abort()
  t.equal(await ended.promise, 'ended')
})

t.test('a message above 4 MiB is refused', async t => {
  const { client, userToken } = await startEcho(t)
  const orders = client(OrderService, await userToken('ann'))
  const error = await refusalOf(orders.getOrder({ orderId: 'x'.repeat(4 * 1024 * 1024) }))
  t.equal(error.code, Code.ResourceExhausted)
})
