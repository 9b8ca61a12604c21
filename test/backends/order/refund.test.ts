import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { newId } from '../../../backends/shared/ids.ts'
import { metadataOf, reasonOf } from '../../../backends/shared/service-error.ts'
import { OrderStatus } from '../../../gen/shop/order/v1/order_pb.ts'
import { PaymentService, PaymentStatus, RefundReason } from '../../../gen/shop/payment/v1/payment_pb.ts'
import { refusalOf } from '../helper.ts'
import { scenariosOf } from './invariants.ts'
import { customerOf, orderOf, startShop } from './shop.ts'

const shop = await startShop(t, { order: { inlineBudgetMs: 20_000, repeat: { firstPauseMs: 5, maxPauseMs: 20 } } })
const scenario = scenariosOf(t, shop)
const admin = await customerOf(shop.orders!, shop.payment, { roles: ['admin'] })
const usd = (amountMinor: bigint) => ({ currencyCode: 'USD', amountMinor })

/** A customer with an order of 4 x 10.00 USD that is confirmed; `refund` asks for it as an admin. */
async function confirmedOrder() {
  const buyer = await customerOf(shop.orders!, shop.payment)
  const productId = await shop.addProduct({ onHand: 10, priceMinor: 1000 })
  const { orderId, order } = await buyer.orders.createOrder(orderOf(productId, { quantity: 4 }))
  const refund = (request: Omit<Parameters<typeof admin.orders.refundOrder>[0], '$typeName'> = {}) =>
    admin.orders.refundOrder({ orderId, ...request })
  return { ...buyer, orderId, productId, refund, etag: order!.etag }
}

async function onHand(productId: string) {
  const [stock] = await shop.query<{ on_hand: number }>(
    'inventory',
    'SELECT on_hand FROM stock WHERE product_id = $1',
    [productId]
  )
  return stock?.on_hand
}

scenario('all of the money goes back, and the goods stay where they are', async t => {
  const { orders, payments, orderId, productId, refund } = await confirmedOrder()
  const order = await refund()
  t.match(order, { status: OrderStatus.REFUNDED, refundedAmount: { currencyCode: 'USD', amountMinor: 4000n } })
  t.match((await payments.listPayments({ orderId })).payments, [
    {
      status: PaymentStatus.REFUNDED,
      refunds: [{ amount: { amountMinor: 4000n }, reason: RefundReason.REQUESTED_BY_CUSTOMER }]
    }
  ])
  const { events } = await orders.listOrderEvents({ orderId })
  t.match(events.at(-1), { status: OrderStatus.REFUNDED, reason: 'requested_by_customer' })
  t.equal(await onHand(productId), 6)
})

scenario('the goods go back on the shelf with all of the money, also when they were delivered', async t => {
  const { orderId, productId, refund } = await confirmedOrder()
  await admin.orders.shipOrder({ orderId })
  await admin.orders.deliverOrder({ orderId })
  t.equal((await refund({ restock: true, reason: RefundReason.FRAUDULENT })).status, OrderStatus.REFUNDED)
  t.equal(await onHand(productId), 10)
})

scenario('a part of the money goes back at a time, the last part with the goods', async t => {
  const { orders, orderId, productId, refund } = await confirmedOrder()
  t.match(await refund({ amount: usd(1500n) }), {
    status: OrderStatus.CONFIRMED,
    refundedAmount: { amountMinor: 1500n }
  })
  t.match(await refund({ amount: usd(500n) }), {
    status: OrderStatus.CONFIRMED,
    refundedAmount: { amountMinor: 2000n }
  })
  t.equal((await orders.listOrderEvents({ orderId })).events.length, 3, 'the status did not change')
  const early = await refusalOf(refund({ amount: usd(1n), restock: true }))
  t.equal(reasonOf(early), 'VALIDATION_FAILED')
  t.match(await refund({ restock: true }), { status: OrderStatus.REFUNDED, refundedAmount: { amountMinor: 4000n } })
  t.equal(await onHand(productId), 10)
})

scenario('no more goes back than was paid, nor in another currency', async t => {
  const { refund } = await confirmedOrder()
  await refund({ amount: usd(1000n) })
  for (const amountMinor of [3001n, 0n, -1n]) {
    const error = await refusalOf(refund({ amount: usd(amountMinor) }))
    t.equal(error.code, Code.InvalidArgument)
    t.equal(reasonOf(error), 'AMOUNT_MISMATCH')
    t.strictSame(metadataOf(error), { left_minor: '3000' })
  }
  const other = await refusalOf(refund({ amount: { currencyCode: 'EUR', amountMinor: 1n } }))
  t.equal(reasonOf(other), 'CURRENCY_MISMATCH')
})

scenario('an order that was not fulfilled, or was refunded, is not refunded', async t => {
  const { orders } = await customerOf(shop.orders!, shop.payment)
  const { orderId } = await orders.createOrder({ ...orderOf(await shop.addProduct()), autoPay: false })
  const early = await refusalOf(admin.orders.refundOrder({ orderId }))
  t.equal(early.code, Code.FailedPrecondition)
  t.equal(reasonOf(early), 'INVALID_STATE_TRANSITION')
  await orders.cancelOrder({ orderId })
  t.equal(reasonOf(await refusalOf(admin.orders.refundOrder({ orderId }))), 'INVALID_STATE_TRANSITION')
  const { refund } = await confirmedOrder()
  await refund()
  t.equal(reasonOf(await refusalOf(refund())), 'INVALID_STATE_TRANSITION')
  t.equal(reasonOf(await refusalOf(admin.orders.refundOrder({ orderId: newId() }))), 'ORDER_NOT_FOUND')
})

scenario('only admins refund', async t => {
  const { orders, orderId } = await confirmedOrder()
  const operator = await customerOf(shop.orders!, shop.payment, { roles: ['operator'] })
  for (const client of [orders, operator.orders]) {
    t.equal((await refusalOf(client.refundOrder({ orderId }))).code, Code.PermissionDenied)
  }
})

scenario('a stale version is not refunded', async t => {
  const { refund, etag } = await confirmedOrder()
  t.equal(reasonOf(await refusalOf(refund({ etag: '"1"' }))), 'ETAG_MISMATCH')
  t.equal((await refund({ etag, amount: usd(1n) })).status, OrderStatus.CONFIRMED)
  t.equal(reasonOf(await refusalOf(refund({ etag }))), 'ETAG_MISMATCH', 'a refund makes a new version')
})

scenario('a key refunds once, and fits no other refund', async t => {
  const { refund, etag } = await confirmedOrder()
  const other = await confirmedOrder()
  const request = { amount: usd(100n), etag, requestId: newId() }
  const all = await Promise.allSettled(Array.from({ length: 8 }, () => refund(request)))
  t.strictSame(
    all.map(result => result.status === 'fulfilled' && result.value.refundedAmount?.amountMinor),
    Array(8).fill(100n)
  )
  for (const call of [() => refund({ ...request, amount: usd(101n) }), () => other.refund(request)]) {
    t.equal(reasonOf(await refusalOf(call())), 'IDEMPOTENCY_KEY_REUSED')
  }
})

scenario('refunds of one order at the same time never give back more than was paid', async t => {
  const { orders, orderId, refund } = await confirmedOrder()
  const calls = Array.from({ length: 8 }, () => refund({ amount: usd(1500n) }))
  const results = await Promise.allSettled(calls)
  const refusals = results.flatMap(result => (result.status === 'rejected' ? [reasonOf(result.reason)] : []))
  t.ok(refusals.length < 8, 'one got through')
  t.ok(refusals.every(reason => reason === 'REQUEST_IN_PROGRESS' || reason === 'AMOUNT_MISMATCH'))
  const { refundedAmount } = await orders.getOrder({ orderId })
  t.ok(refundedAmount!.amountMinor <= 3000n && refundedAmount!.amountMinor > 0n)
})

scenario('a refund whose answer is lost is given once', async t => {
  const { orderId, payments, refund } = await confirmedOrder()
  let lost = 0
  shop.wire.after = rpc => {
    if (rpc === 'refundPayment' && lost++ < 2) throw new ConnectError('lost', Code.Unavailable)
  }
  t.equal((await refund({ amount: usd(1500n) })).refundedAmount?.amountMinor, 1500n)
  t.equal(lost, 3)
  const { payments: paid } = await payments.listPayments({ orderId })
  t.match(paid, [{ status: PaymentStatus.PARTIALLY_REFUNDED, refundedAmount: { amountMinor: 1500n } }])
})

scenario('an order is not cancelled in the middle of a refund, but afterwards', async t => {
  const { orders, orderId, refund } = await confirmedOrder()
  const reached = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  shop.wire.before = async rpc => {
    if (rpc !== 'refundPayment') return
    reached.resolve()
    await goOn.promise
  }
  const refunding = refund({ amount: usd(1500n) })
  await reached.promise
  const error = await refusalOf(orders.cancelOrder({ orderId }))
  t.equal(error.code, Code.Aborted)
  t.equal(reasonOf(error), 'REQUEST_IN_PROGRESS')
  goOn.resolve()
  await refunding
  t.equal((await orders.cancelOrder({ orderId })).status, OrderStatus.CANCELLED)
})

scenario('shipping goes on during a refund', async t => {
  const { orderId, refund } = await confirmedOrder()
  const reached = Promise.withResolvers<void>()
  const goOn = Promise.withResolvers<void>()
  shop.wire.after = async rpc => {
    if (rpc !== 'refundPayment') return
    reached.resolve()
    await goOn.promise
  }
  const refunding = refund()
  await reached.promise
  await admin.orders.shipOrder({ orderId })
  goOn.resolve()
  t.equal((await refunding).status, OrderStatus.REFUNDED)
})

t.test('a refund that the payment cannot give is refused, and the order is as it was', async t => {
  const { orders, orderId, refund } = await confirmedOrder()
  const { paymentId } = await orders.getOrder({ orderId })
  const service = shop.payment.client(PaymentService, await shop.payment.tokens.signService('order-service'))
  await service.refundPayment({ paymentId, reason: RefundReason.DUPLICATE, requestId: newId() })
  const request = { amount: usd(1n), requestId: newId() }
  for (const again of [false, true]) {
    const error = await refusalOf(refund(request))
    t.equal(reasonOf(error), 'AMOUNT_MISMATCH', again ? 'and so is its repetition' : '')
  }
  t.match(await orders.getOrder({ orderId }), { status: OrderStatus.CONFIRMED, refundedAmount: { amountMinor: 0n } })
})
