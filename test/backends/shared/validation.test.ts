import { Code } from '@connectrpc/connect'
import t from 'tap'
import { newId } from '../../../backends/shared/ids.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { BadRequestSchema } from '../../../gen/google/rpc/error_details_pb.ts'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { PaymentMethod } from '../../../gen/shop/payment/v1/payment_pb.ts'
import { refusalOf, type Test } from '../helper.ts'
import { startEcho } from './echo.ts'

async function startAsAnn(t: Test) {
  const { client, userToken } = await startEcho(t)
  return client(OrderService, await userToken('ann'))
}

t.test('a request that breaks rules is refused with each field by its path', async t => {
  const orders = await startAsAnn(t)
  const items = [{ productId: newId(), quantity: 0 }]
  const error = await refusalOf(orders.createOrder({ items, paymentToken: 'a b', paymentMethod: PaymentMethod.PAYPAL }))
  t.equal(error.code, Code.InvalidArgument)
  t.equal(reasonOf(error), 'VALIDATION_FAILED')
  const violations = error.findDetails(BadRequestSchema)[0]?.fieldViolations ?? []
  t.same(
    violations.map(({ field }) => field),
    ['items[0].quantity', 'payment_token']
  )
  for (const { description } of violations) t.ok(description)
  t.match(error.rawMessage, /^items\[0\]\.quantity: /)
})

t.test('a request that keeps the rules passes', async t => {
  const orders = await startAsAnn(t)
  const items = [{ productId: newId(), quantity: 1 }]
  await t.resolves(orders.createOrder({ items, paymentMethod: PaymentMethod.PAYPAL }))
})

t.test('the request of a stream is checked too', async t => {
  const orders = await startAsAnn(t)
  const events = orders.watchOrder({ orderId: 'none' })[Symbol.asyncIterator]()
  const error = await refusalOf(events.next())
  t.equal(error.code, Code.InvalidArgument)
  t.match(error.rawMessage, /^order_id: /)
})
