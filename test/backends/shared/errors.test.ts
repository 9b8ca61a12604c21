import { Code } from '@connectrpc/connect'
import t from 'tap'
import { newId } from '../../../backends/shared/ids.ts'
import { failure, reasonOf } from '../../../backends/shared/service-error.ts'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { refusalOf } from '../helper.ts'
import { startEcho } from './echo.ts'

const orderId = newId()

t.test('a refusal passes as it is', async t => {
  const { client, userToken } = await startEcho(t, {
    async getOrder() {
      throw failure(Code.NotFound, 'ORDER_NOT_FOUND', 'order not found')
    }
  })
  const error = await refusalOf(client(OrderService, await userToken('ann')).getOrder({ orderId }))
  t.equal(error.code, Code.NotFound)
  t.equal(reasonOf(error), 'ORDER_NOT_FOUND')
})

t.test('an unexpected error says nothing of the inside', async t => {
  const { client, userToken } = await startEcho(t, {
    async getOrder() {
      throw new TypeError('a secret of the inside')
    }
  })
  const error = await refusalOf(client(OrderService, await userToken('ann')).getOrder({ orderId }))
  t.equal(error.code, Code.Internal)
  t.equal(error.rawMessage, 'internal error')
  t.equal(reasonOf(error), 'INTERNAL')
})

t.test('a stream that breaks says nothing of the inside, after what it had said', async t => {
  const { client, userToken } = await startEcho(t, {
    async *watchOrder() {
      yield { seq: 1n }
      throw new TypeError('a secret of the inside')
    }
  })
  const events = client(OrderService, await userToken('ann'))
    .watchOrder({ orderId })
    [Symbol.asyncIterator]()
  t.equal((await events.next()).value?.seq, 1n)
  const error = await refusalOf(events.next())
  t.equal(error.rawMessage, 'internal error')
})

t.test('work whose deadline has passed is told to stop, and its caller hears of the deadline', async t => {
  const ended = Promise.withResolvers<unknown>()
  const { client, userToken } = await startEcho(t, {
    async getOrder({ signal }) {
      await new Promise(resolve => signal.addEventListener('abort', resolve, { once: true }))
      ended.resolve(signal.reason)
      throw new Error('aborted work')
    }
  })
  const orders = client(OrderService, await userToken('ann'))
  // Long enough that the call has reached the service, on a busy machine too.
  const error = await refusalOf(orders.getOrder({ orderId }, { timeoutMs: 1_000 }))
  t.equal(error.code, Code.DeadlineExceeded)
  t.ok(await ended.promise, 'the work is told to stop')
})
