import { Code } from '@connectrpc/connect'
import t from 'tap'
import { newId } from '../../../backends/shared/ids.ts'
import { metadataOf, reasonOf } from '../../../backends/shared/service-error.ts'
import { OrderStatus } from '../../../gen/shop/order/v1/order_pb.ts'
import { PaymentMethod, PaymentStatus } from '../../../gen/shop/payment/v1/payment_pb.ts'
import { eventually } from '../eventually.ts'
import { refusalOf } from '../helper.ts'
import { scenariosOf } from './invariants.ts'
import { customerOf, orderOf, startShop } from './shop.ts'

const shop = await startShop(t, { order: { sweep: { intervalMs: 50 }, inlineBudgetMs: 20_000 } })
const scenario = scenariosOf(t, shop)

/** A customer with an order of 19.99 USD that awaits payment. */
async function unpaidOrder() {
  const customer = await customerOf(shop.orders!, shop.payment)
  const productId = await shop.addProduct({ priceMinor: 1999 })
  const { orderId } = await customer.orders.createOrder({ ...orderOf(productId), autoPay: false })
  return { ...customer, orderId }
}

scenario('an order whose payment was declined is paid with another means', async t => {
  const { orders, payments } = await customerOf(shop.orders!, shop.payment)
  const request = orderOf(await shop.addProduct(), { paymentToken: 'tok_declined' })
  const { orderId, status } = await orders.createOrder(request)
  t.equal(status, OrderStatus.AWAITING_PAYMENT)
  const payment = await orders.payOrder({ orderId, paymentMethod: PaymentMethod.PAYPAL })
  t.match(payment, { orderId, attempt: 2, status: PaymentStatus.SUCCEEDED, method: PaymentMethod.PAYPAL })
  const order = await orders.getOrder({ orderId })
  t.match(order, { status: OrderStatus.CONFIRMED, paymentId: payment.id, failureReason: '' })
  t.equal(order.expiresAt, undefined)
  const { payments: attempts } = await payments.listPayments({ orderId })
  t.strictSame(
    attempts.map(({ status }) => status),
    [PaymentStatus.SUCCEEDED, PaymentStatus.FAILED]
  )
})

scenario('a declined payment says why, and the order goes on waiting', async t => {
  const { orders, orderId } = await unpaidOrder()
  for (const [token, failureCode] of [
    ['tok_declined', 'card_declined'],
    ['tok_insufficient_funds', 'insufficient_funds']
  ]) {
    const error = await refusalOf(orders.payOrder({ orderId, paymentToken: token! }))
    t.equal(error.code, Code.FailedPrecondition)
    t.equal(reasonOf(error), 'PAYMENT_DECLINED')
    t.equal(metadataOf(error).failure_code, failureCode)
    const order = await orders.getOrder({ orderId })
    t.match(order, { status: OrderStatus.AWAITING_PAYMENT, failureReason: `PAYMENT_DECLINED: ${failureCode}` })
  }
  t.equal((await orders.payOrder({ orderId })).attempt, 3)
})

scenario('what is sent as the amount must be what is due', async t => {
  const { orders, orderId } = await unpaidOrder()
  const pay = (currencyCode: string, amountMinor: bigint) =>
    orders.payOrder({ orderId, amount: { currencyCode, amountMinor } })
  t.equal(reasonOf(await refusalOf(pay('USD', 1998n))), 'AMOUNT_MISMATCH')
  t.equal(reasonOf(await refusalOf(pay('EUR', 1999n))), 'CURRENCY_MISMATCH')
  t.equal((await pay('USD', 1999n)).status, PaymentStatus.SUCCEEDED)
})

scenario('an order is paid once, however many pay', async t => {
  const { orders, orderId } = await unpaidOrder()
  const race = await Promise.allSettled(Array.from({ length: 8 }, () => orders.payOrder({ orderId })))
  t.equal(race.filter(({ status }) => status === 'fulfilled').length, 1)
  const reasons = race.flatMap(result => (result.status === 'rejected' ? [reasonOf(result.reason)] : []))
  t.ok(
    reasons.every(reason => reason === 'REQUEST_IN_PROGRESS' || reason === 'ORDER_ALREADY_PAID'),
    String(reasons)
  )
  const error = await refusalOf(orders.payOrder({ orderId }))
  t.equal(error.code, Code.AlreadyExists)
  t.equal(reasonOf(error), 'ORDER_ALREADY_PAID')
})

scenario('a repeated payment answers with the first one', async t => {
  const { orders, orderId } = await unpaidOrder()
  const request = { orderId, requestId: 'once' }
  const first = await orders.payOrder(request)
  let replayed: string | null = null
  const again = await orders.payOrder(request, {
    onHeader: header => {
      replayed = header.get('idempotency-replayed')
    }
  })
  t.equal(again.id, first.id)
  t.equal(replayed, 'true')
  const error = await refusalOf(orders.payOrder({ ...request, paymentToken: 'tok_ok' }))
  t.equal(reasonOf(error), 'IDEMPOTENCY_KEY_REUSED')
})

scenario('a repeated payment that was declined is declined again, with the same key', async t => {
  const { orders, orderId } = await unpaidOrder()
  const request = { orderId, paymentToken: 'tok_declined', requestId: 'declined' }
  for (const _ of ['first', 'again']) t.equal(reasonOf(await refusalOf(orders.payOrder(request))), 'PAYMENT_DECLINED')
  const attempts = await shop.query('orders', 'SELECT attempt FROM payment_attempts WHERE order_id = $1', [orderId])
  t.equal(attempts.length, 1)
})

scenario('an order that is not paid in time is cancelled, and its stock is let go', async t => {
  const { orders, orderId } = await unpaidOrder()
  await shop.query('orders', `UPDATE orders SET expires_at = now() - interval '1 second' WHERE id = $1`, [orderId])
  const error = await refusalOf(orders.payOrder({ orderId }))
  t.equal(error.code, Code.FailedPrecondition)
  t.match(reasonOf(error), /^(RESERVATION_EXPIRED|INVALID_STATE_TRANSITION)$/, 'also when the sweep came first')
  await eventually(async () => (await orders.getOrder({ orderId })).status === OrderStatus.CANCELLED)
  t.equal((await orders.getOrder({ orderId })).failureReason, 'PAYMENT_EXPIRED')
})

scenario('an order whose stock was let go cannot be paid any more', async t => {
  const { orders, orderId } = await unpaidOrder()
  await shop.query(
    'inventory',
    `UPDATE reservations SET expires_at = now() - interval '1 second' WHERE order_id = $1`,
    [orderId]
  )
  await eventually(async () => {
    const [row] = await shop.query('inventory', 'SELECT status FROM reservations WHERE order_id = $1', [orderId])
    return row?.status === 'expired'
  })
  t.equal(reasonOf(await refusalOf(orders.payOrder({ orderId }))), 'RESERVATION_EXPIRED')
  const order = await orders.getOrder({ orderId })
  t.match(order, { status: OrderStatus.CANCELLED, failureReason: 'RESERVATION_EXPIRED' })
})

scenario("somebody else's order cannot be paid", async t => {
  const { orderId } = await unpaidOrder()
  const { orders } = await customerOf(shop.orders!, shop.payment)
  const error = await refusalOf(orders.payOrder({ orderId }))
  t.equal(error.code, Code.NotFound)
  t.equal(reasonOf(error), 'ORDER_NOT_FOUND')
  t.equal(reasonOf(await refusalOf(orders.payOrder({ orderId: newId() }))), 'ORDER_NOT_FOUND')
})
