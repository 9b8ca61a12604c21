import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { OrderStatus } from '../../../gen/shop/order/v1/order_pb.ts'
import { PaymentStatus } from '../../../gen/shop/payment/v1/payment_pb.ts'
import { eventually } from '../eventually.ts'
import { refusalOf } from '../helper.ts'
import { scenariosOf } from './invariants.ts'
import { customerOf, orderOf, startShop } from './shop.ts'

// Calls wait for the flow of their order for a while only; what is not finished then goes on without them.
const shop = await startShop(t, { order: { repeat: { firstPauseMs: 5, maxPauseMs: 20 }, inlineBudgetMs: 150 } })
const scenario = scenariosOf(t, shop)

/** A customer, who can wait for an order to come to a status. */
async function newCustomer() {
  const customer = await customerOf(shop.orders!, shop.payment)
  return {
    ...customer,
    comesTo: (orderId: string, status: OrderStatus) =>
      eventually(async () => (await customer.orders.getOrder({ orderId })).status === status)
  }
}

/** Loses the requests of an rpc until it is mended. */
function breakCalls(rpc: string): () => void {
  shop.wire.before = called => {
    if (called === rpc) throw new ConnectError('away', Code.Unavailable)
  }
  return () => {
    shop.wire.before = undefined
  }
}

scenario('what was paid for is confirmed, however long that takes', async t => {
  const { orders, comesTo } = await newCustomer()
  const mend = breakCalls('confirmReservation')
  const { orderId, status } = await orders.createOrder(orderOf(await shop.addProduct()))
  t.not(status, OrderStatus.CONFIRMED, 'the call does not wait for ever')
  await comesTo(orderId, OrderStatus.PAID)
  mend()
  await comesTo(orderId, OrderStatus.CONFIRMED)
})

scenario('money that cannot be given back at once is given back later', async t => {
  const { orders, comesTo } = await newCustomer()
  const { orderId } = await orders.createOrder(orderOf(await shop.addProduct()))
  await comesTo(orderId, OrderStatus.CONFIRMED)
  const mend = breakCalls('reverseOrderPayments')
  t.equal((await orders.cancelOrder({ orderId })).status, OrderStatus.CANCELLING)
  mend()
  await comesTo(orderId, OrderStatus.CANCELLED)
})

scenario('a payment that takes long is shown in progress', async t => {
  const { orders, comesTo } = await newCustomer()
  const { orderId } = await orders.createOrder({ ...orderOf(await shop.addProduct()), autoPay: false })
  await comesTo(orderId, OrderStatus.AWAITING_PAYMENT)
  const mend = breakCalls('processPayment')
  const payment = await orders.payOrder({ orderId })
  t.match(payment, { orderId, attempt: 1, status: PaymentStatus.PROCESSING, capturedAmount: { amountMinor: 0n } })
  t.equal(reasonOf(await refusalOf(orders.payOrder({ orderId }))), 'REQUEST_IN_PROGRESS')
  mend()
  await comesTo(orderId, OrderStatus.CONFIRMED)
})
