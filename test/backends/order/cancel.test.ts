import { Code } from '@connectrpc/connect'
import t from 'tap'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { OrderStatus } from '../../../gen/shop/order/v1/order_pb.ts'
import { PaymentStatus } from '../../../gen/shop/payment/v1/payment_pb.ts'
import { eventually } from '../eventually.ts'
import { refusalOf } from '../helper.ts'
import { scenariosOf } from './invariants.ts'
import { customerOf, orderOf, startShop } from './shop.ts'

const shop = await startShop(t, { order: { inlineBudgetMs: 20_000 } })
const scenario = scenariosOf(t, shop)
const customer = () => customerOf(shop.orders!, shop.payment)
const operator = () => customerOf(shop.orders!, shop.payment, { roles: ['operator'] })

/** A customer with an order that is confirmed, and what it was of. */
async function confirmedOrder() {
  const buyer = await customer()
  const productId = await shop.addProduct({ onHand: 10 })
  const { orderId, order } = await buyer.orders.createOrder(orderOf(productId, { quantity: 4 }))
  return { ...buyer, orderId, etag: order?.etag ?? '', productId }
}

async function stockOf(productId: string) {
  const [stock] = await shop.query('inventory', 'SELECT on_hand, reserved FROM stock WHERE product_id = $1', [
    productId
  ])
  return stock
}

scenario('cancelling a confirmed order gives money and stock back', async t => {
  const { orders, payments, orderId, productId, userId } = await confirmedOrder()
  const order = await orders.cancelOrder({ orderId, reason: 'changed my mind' })
  t.equal(order.status, OrderStatus.CANCELLED)
  t.strictSame(await stockOf(productId), { on_hand: 10, reserved: 0 })
  const { payments: refunded } = await payments.listPayments({ orderId })
  t.match(refunded, [{ status: PaymentStatus.REFUNDED }])
  const events = await shop.query(
    'orders',
    `SELECT actor, reason FROM order_events WHERE order_id = $1 AND to_status = 'cancelling'`,
    [orderId]
  )
  t.strictSame(events, [{ actor: userId, reason: 'changed my mind' }])
})

scenario('cancelling an order that awaits payment lets its stock go', async t => {
  const { orders } = await customer()
  const productId = await shop.addProduct({ onHand: 10 })
  const { orderId } = await orders.createOrder({ ...orderOf(productId), autoPay: false })
  t.strictSame(await stockOf(productId), { on_hand: 10, reserved: 1 })
  t.equal((await orders.cancelOrder({ orderId })).status, OrderStatus.CANCELLED)
  t.strictSame(await stockOf(productId), { on_hand: 10, reserved: 0 })
  t.equal(reasonOf(await refusalOf(orders.payOrder({ orderId }))), 'INVALID_STATE_TRANSITION')
})

scenario('cancelling what is cancelled changes nothing', async t => {
  const { orders, orderId, etag } = await confirmedOrder()
  const all = await Promise.all(Array.from({ length: 5 }, () => orders.cancelOrder({ orderId })))
  t.ok(all.every(order => order.status === OrderStatus.CANCELLED))
  const again = await orders.cancelOrder({ orderId, etag })
  t.equal(again.status, OrderStatus.CANCELLED, 'not even a stale version matters')
  t.equal((await orders.listOrderEvents({ orderId })).events.length, 5)
})

for (const [rpc, captured] of [
  ['reserveStock', 0],
  ['processPayment', 1],
  ['confirmReservation', 1]
] as const) {
  scenario(`cancelling an order during ${rpc} turns it around`, async t => {
    const { orders, payments } = await customer()
    const productId = await shop.addProduct({ onHand: 10 })
    const reached = Promise.withResolvers<{ orderId?: string }>()
    const goOn = Promise.withResolvers<void>()
    shop.wire.after = async (called, request) => {
      if (called !== rpc) return
      reached.resolve(request)
      await goOn.promise
    }
    const creating = orders.createOrder(orderOf(productId))
    const orderId = (await reached.promise).orderId!
    const cancelling = orders.cancelOrder({ orderId })
    await eventually(async () => {
      const [row] = await shop.query('orders', 'SELECT cancel_requested_at AS at FROM orders WHERE id = $1', [orderId])
      return row?.at
    })
    goOn.resolve()
    const [created, cancelled] = await Promise.all([creating, cancelling])
    t.equal(cancelled.status, OrderStatus.CANCELLED)
    t.equal(created.status, OrderStatus.CANCELLED)
    t.strictSame(await stockOf(productId), { on_hand: 10, reserved: 0 })
    t.equal((await payments.listPayments({ orderId })).payments.length, captured)
  })
}

scenario('what was shipped cannot be cancelled', async t => {
  const { orders, orderId } = await confirmedOrder()
  const staff = await operator()
  const shipped = await staff.orders.shipOrder({ orderId, carrier: 'Snail', trackingNumber: '42' })
  t.equal(shipped.status, OrderStatus.SHIPPED)
  const error = await refusalOf(orders.cancelOrder({ orderId }))
  t.equal(error.code, Code.FailedPrecondition)
  t.equal(reasonOf(error), 'INVALID_STATE_TRANSITION')
  t.equal((await staff.orders.deliverOrder({ orderId })).status, OrderStatus.DELIVERED)
})

scenario('of cancelling and shipping at the same time one wins', async t => {
  const { orders, orderId } = await confirmedOrder()
  const staff = await operator()
  await Promise.allSettled([orders.cancelOrder({ orderId }), staff.orders.shipOrder({ orderId })])
  const { status } = await orders.getOrder({ orderId })
  t.ok(status === OrderStatus.CANCELLED || status === OrderStatus.SHIPPED)
})

scenario('a stale version is not cancelled', async t => {
  const { orders, orderId, etag } = await confirmedOrder()
  const error = await refusalOf(orders.cancelOrder({ orderId, etag: '"1"' }))
  t.equal(error.code, Code.Aborted)
  t.equal(reasonOf(error), 'ETAG_MISMATCH')
  t.equal((await orders.cancelOrder({ orderId, etag })).status, OrderStatus.CANCELLED)
})

scenario('the key of a cancellation fits no other', async t => {
  const { orders, orderId } = await confirmedOrder()
  const request = { orderId, requestId: 'cancel-it' }
  await orders.cancelOrder(request)
  let replayed: string | null = null
  const again = await orders.cancelOrder(request, {
    onHeader: header => {
      replayed = header.get('idempotency-replayed')
    }
  })
  t.strictSame([again.status, replayed], [OrderStatus.CANCELLED, 'true'])
  const error = await refusalOf(orders.cancelOrder({ ...request, reason: 'another' }))
  t.equal(reasonOf(error), 'IDEMPOTENCY_KEY_REUSED')
})

scenario("somebody else's order cannot be cancelled, except by operators", async t => {
  const { orderId } = await confirmedOrder()
  const error = await refusalOf((await customer()).orders.cancelOrder({ orderId }))
  t.equal(reasonOf(error), 'ORDER_NOT_FOUND')
  t.equal((await (await operator()).orders.cancelOrder({ orderId })).status, OrderStatus.CANCELLED)
})
