import type { MessageInitShape } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { newId } from '../../../backends/shared/ids.ts'
import { metadataOf, reasonOf } from '../../../backends/shared/service-error.ts'
import { InventoryService, type ReserveStockRequestSchema } from '../../../gen/shop/inventory/v1/inventory_pb.ts'
import { OrderStatus } from '../../../gen/shop/order/v1/order_pb.ts'
import {
  PaymentMethod,
  PaymentService,
  type ProcessPaymentRequestSchema
} from '../../../gen/shop/payment/v1/payment_pb.ts'
import { eventually } from '../eventually.ts'
import { refusalOf } from '../helper.ts'
import { scenariosOf } from './invariants.ts'
import { customerOf, orderOf, startShop } from './shop.ts'

const shop = await startShop(t, {
  order: { flow: { unknownBudgetMs: 400 }, repeat: { firstPauseMs: 5, maxPauseMs: 20 }, inlineBudgetMs: 20_000 },
  payment: { gateway: { callTimeoutMs: 100 }, recovery: { intervalMs: 50, ageMs: 200 } }
})
const running = shop.orders!
const customer = () => customerOf(running, shop.payment)
const scenario = scenariosOf(t, shop)
const lost = () => new ConnectError('lost', Code.Unavailable)

scenario('an order is finished inside the call', async t => {
  const { orders, userId } = await customer()
  const productId = await shop.addProduct({ onHand: 10, priceMinor: 1999 })
  const { orderId, status, order } = await orders.createOrder(orderOf(productId, { quantity: 2 }))
  t.equal(status, OrderStatus.CONFIRMED)
  t.match(order, {
    id: orderId,
    userId,
    status: OrderStatus.CONFIRMED,
    items: [
      { productId, quantity: 2, name: 'a thing', price: { amountMinor: 1999n }, subtotal: { amountMinor: 3998n } }
    ],
    totalAmount: { currencyCode: 'USD', amountMinor: 3998n },
    paymentMethod: PaymentMethod.CREDIT_CARD,
    failureReason: ''
  })
  t.not(order?.paymentId, '')
  const [stock] = await shop.query('inventory', 'SELECT on_hand, reserved FROM stock WHERE product_id = $1', [
    productId
  ])
  t.strictSame(stock, { on_hand: 8, reserved: 0 })
  const { events } = await orders.listOrderEvents({ orderId })
  t.strictSame(
    events.map(event => [Number(event.seq), event.status]),
    [
      [1, OrderStatus.PENDING],
      [2, OrderStatus.PAID],
      [3, OrderStatus.CONFIRMED]
    ]
  )
})

scenario('several lines are one reservation', async t => {
  const { orders } = await customer()
  const products = await Promise.all([shop.addProduct(), shop.addProduct(), shop.addProduct()])
  const items = products.map(productId => ({ productId, quantity: 3 }))
  const { orderId, status } = await orders.createOrder({ items, paymentMethod: PaymentMethod.PAYPAL })
  t.equal(status, OrderStatus.CONFIRMED)
  const lines = await shop.query('inventory', 'SELECT quantity FROM reservation_items WHERE order_id = $1', [orderId])
  t.equal(lines.length, 3)
})

scenario('twenty requests with one key are one order, paid once', async t => {
  const { orders, userId } = await customer()
  const request = orderOf(await shop.addProduct(), { requestId: 'the-same' })
  const replayed: (string | null)[] = []
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      orders.createOrder(request, { onHeader: header => replayed.push(header.get('idempotency-replayed')) })
    )
  )
  t.equal(new Set(answers.map(answer => answer.orderId)).size, 1)
  t.ok(answers.every(answer => answer.status === OrderStatus.CONFIRMED))
  t.equal(replayed.filter(value => value === 'true').length, 19, 'and nineteen of them know it')
  const orderId = answers[0]?.orderId
  const count = async (database: 'orders' | 'inventory' | 'payments', query: string, value: unknown) =>
    (await shop.query<{ n: number }>(database, query, [value]))[0]?.n
  t.equal(await count('orders', 'SELECT count(*)::int AS n FROM orders WHERE user_id = $1', userId), 1)
  t.equal(await count('inventory', 'SELECT count(*)::int AS n FROM reservations WHERE order_id = $1', orderId), 1)
  t.equal(await count('payments', 'SELECT count(*)::int AS n FROM payments WHERE order_id = $1', orderId), 1)
})

scenario('a key belongs to one request of one user', async t => {
  const { orders } = await customer()
  const productId = await shop.addProduct()
  const first = await orders.createOrder(orderOf(productId, { requestId: 'key' }))
  const error = await refusalOf(orders.createOrder(orderOf(productId, { requestId: 'key', quantity: 2 })))
  t.equal(error.code, Code.InvalidArgument)
  t.equal(reasonOf(error), 'IDEMPOTENCY_KEY_REUSED')
  const other = await customer()
  const { orderId } = await other.orders.createOrder(orderOf(productId, { requestId: 'key' }))
  t.not(orderId, first.orderId)
})

scenario('an order that finds no stock is refused as a whole, now and when it is repeated', async t => {
  const { orders } = await customer()
  const [plenty, scarce] = [await shop.addProduct(), await shop.addProduct({ onHand: 1 })]
  const items = [plenty, scarce].map(productId => ({ productId, quantity: 2 }))
  const request = { items, paymentMethod: PaymentMethod.CREDIT_CARD, requestId: 'scarce' }
  const error = await refusalOf(orders.createOrder(request))
  t.equal(error.code, Code.FailedPrecondition)
  t.equal(reasonOf(error), 'INSUFFICIENT_STOCK')
  t.match(metadataOf(error), { product_id: scarce, requested: '2', available: '1' })
  const orderId = metadataOf(error).order_id ?? ''
  t.match(await orders.getOrder({ orderId }), { status: OrderStatus.FAILED, failureReason: 'INSUFFICIENT_STOCK' })
  const again = await refusalOf(orders.createOrder(request))
  t.strictSame([reasonOf(again), metadataOf(again)], [reasonOf(error), metadataOf(error)])
  const [stock] = await shop.query('inventory', 'SELECT reserved FROM stock WHERE product_id = $1', [plenty])
  t.strictSame(stock, { reserved: 0 }, 'the other line is not held')
})

scenario('of the last pieces no more are sold than there are', async t => {
  const productId = await shop.addProduct({ onHand: 5 })
  const buyers = await Promise.all(Array.from({ length: 12 }, customer))
  const race = await Promise.allSettled(buyers.map(({ orders }) => orders.createOrder(orderOf(productId))))
  t.equal(race.filter(({ status }) => status === 'fulfilled').length, 5)
})

scenario('a declined payment leaves an order that can still be paid', async t => {
  const { orders } = await customer()
  const request = orderOf(await shop.addProduct(), { paymentToken: 'tok_insufficient_funds' })
  const { order } = await orders.createOrder(request)
  t.match(order, {
    status: OrderStatus.AWAITING_PAYMENT,
    failureReason: 'PAYMENT_DECLINED: insufficient_funds',
    paymentId: ''
  })
  const seconds = Number(order?.expiresAt?.seconds) - Number(order?.createdAt?.seconds)
  t.ok(seconds > 800 && seconds <= 841, 'until a minute before the stock is let go')
})

scenario('an order can be left to be paid later', async t => {
  const { orders } = await customer()
  const { order } = await orders.createOrder({ ...orderOf(await shop.addProduct()), autoPay: false })
  t.match(order, { status: OrderStatus.AWAITING_PAYMENT, failureReason: '' })
  t.ok(order?.expiresAt)
})

scenario('a lost answer of the payment provider is found', async t => {
  const { orders } = await customer()
  const { status } = await orders.createOrder(orderOf(await shop.addProduct(), { paymentToken: 'tok_lost_response' }))
  t.equal(status, OrderStatus.CONFIRMED)
})

for (const rpc of ['reserveStock', 'processPayment', 'confirmReservation']) {
  scenario(`a lost answer of ${rpc} does it once`, async t => {
    const { orders } = await customer()
    const calls = loseFirst('after', rpc)
    const { status } = await orders.createOrder(orderOf(await shop.addProduct()))
    t.equal(status, OrderStatus.CONFIRMED)
    t.equal(calls(), 2)
  })

  scenario(`a lost request of ${rpc} is sent again`, async t => {
    const { orders } = await customer()
    const calls = loseFirst('before', rpc)
    const { status } = await orders.createOrder(orderOf(await shop.addProduct()))
    t.equal(status, OrderStatus.CONFIRMED)
    t.equal(calls(), 2)
  })
}

scenario('an order that cannot be charged for long is given up, and a late charge is refused', async t => {
  const { orders } = await customer()
  const lostCharges = loseAll<MessageInitShape<typeof ProcessPaymentRequestSchema>>('processPayment')
  const request = orderOf(await shop.addProduct(), { requestId: newId() })
  const { orderId, order } = await orders.createOrder(request)
  t.match(order, { status: OrderStatus.FAILED, failureReason: 'PAYMENT_UNAVAILABLE' })
  shop.wire.before = undefined
  const service = await shop.payment.tokens.signService('order-service')
  const late = shop.payment.client(PaymentService, service).processPayment(lostCharges[0]!)
  t.equal(reasonOf(await refusalOf(late)), 'PAYMENT_CLOSED')
  t.match(await orders.createOrder(request), { orderId, status: OrderStatus.FAILED }, 'and a repeat says so')
})

scenario('an order whose stock cannot be asked for is given up, and a late reservation is refused', async t => {
  const { orders } = await customer()
  const lostReservations = loseAll<MessageInitShape<typeof ReserveStockRequestSchema>>('reserveStock')
  const { order } = await orders.createOrder(orderOf(await shop.addProduct()))
  t.match(order, { status: OrderStatus.FAILED, failureReason: 'INVENTORY_UNAVAILABLE' })
  shop.wire.before = undefined
  const service = await shop.inventory.tokens.signService('order-service')
  const late = shop.inventory.client(InventoryService, service).reserveStock(lostReservations[0]!)
  t.equal(reasonOf(await refusalOf(late)), 'RESERVATION_CLOSED')
})

scenario('an order whose charge stays unknown is given up, and the payment with it', async t => {
  const { orders } = await customer()
  const { order } = await orders.createOrder(orderOf(await shop.addProduct(), { paymentToken: 'tok_timeout' }))
  t.match(order, { status: OrderStatus.FAILED, failureReason: 'PAYMENT_UNAVAILABLE' })
  await eventually(async () => {
    const [payment] = await shop.query('payments', 'SELECT status FROM payments WHERE order_id = $1', [order!.id])
    return payment?.status === 'cancelled'
  })
})

scenario('an order of an unknown product is refused before anything is written', async t => {
  const { orders } = await customer()
  const error = await refusalOf(orders.createOrder(orderOf(newId())))
  t.equal(reasonOf(error), 'ORDER_ITEM_INVALID')
  t.equal((await orders.listOrders({})).totalSize, 0)
})

scenario('nobody orders for somebody else, but operators do', async t => {
  const { orders } = await customer()
  const request = { ...orderOf(await shop.addProduct()), userId: newId() }
  const error = await refusalOf(orders.createOrder(request))
  t.equal(error.code, Code.PermissionDenied)
  const operator = await customerOf(running, shop.payment, { roles: ['operator'] })
  t.equal((await operator.orders.createOrder(request)).order?.userId, request.userId)
})

/** Loses the first call of an rpc, or its answer; tells how many calls there were. */
function loseFirst(when: 'before' | 'after', rpc: string): () => number {
  let calls = 0
  shop.wire[when] = called => {
    if (called === rpc && calls++ === 0) throw lost()
  }
  return () => calls
}

/** Loses every request of an rpc; answers those that were lost. */
function loseAll<Request>(rpc: string): Request[] {
  const requests: Request[] = []
  shop.wire.before = (called, request) => {
    if (called !== rpc) return
    requests.push(request as Request)
    throw lost()
  }
  return requests
}
