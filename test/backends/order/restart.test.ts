import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { newId } from '../../../backends/shared/ids.ts'
import { OrderStatus } from '../../../gen/shop/order/v1/order_pb.ts'
import { eventually } from '../eventually.ts'
import { brokenInvariants } from './invariants.ts'
import { startOrderProcess } from './order-process.ts'
import { customerOf, orderOf, startShop } from './shop.ts'

/** How long a service that stops waits for calls before it cuts them, in ms. */
const drainTimeoutMs = 10_000

const impatient = { repeat: { firstPauseMs: 5, maxPauseMs: 20 }, inlineBudgetMs: 200 }

t.test('a service that is stopped in the middle of a flow goes on with it when it is started again', async t => {
  const shop = await startShop(t, { order: impatient })
  const { orders, userId } = await customerOf(shop.orders!, shop.payment)
  shop.wire.before = rpc => {
    if (rpc === 'confirmReservation') throw new ConnectError('away', Code.Unavailable)
  }
  const { orderId } = await orders.createOrder(orderOf(await shop.addProduct()))
  await eventually(async () => (await orders.getOrder({ orderId })).status === OrderStatus.PAID)
  await shop.orders!.close()
  shop.wire.before = undefined
  const again = await customerOf(await shop.startOrders(), shop.payment, { userId })
  await eventually(async () => (await again.orders.getOrder({ orderId })).status === OrderStatus.CONFIRMED)
  t.strictSame(await brokenInvariants(shop), [])
})

t.test('an order service stops when it is told to, though its connections to the others are open', async t => {
  const shop = await startShop(t, { withOrders: false })
  const process = await startOrderProcess(t, shop)
  const orders = await process.as(newId())
  t.equal((await orders.createOrder(orderOf(await shop.addProduct()))).status, OrderStatus.CONFIRMED)
  const stoppedAt = performance.now()
  t.equal(await process.stop(), 0)
  t.ok(performance.now() - stoppedAt < drainTimeoutMs, 'nothing had to be cut')
})

t.test('a service stops when it is told to, though the order service watches whether it serves', async t => {
  const shop = await startShop(t)
  const { orders } = await customerOf(shop.orders!, shop.payment)
  await orders.createOrder(orderOf(await shop.addProduct()))
  const stoppedAt = performance.now()
  await Promise.all([shop.inventory.close(), shop.payment.close()])
  t.ok(performance.now() - stoppedAt < drainTimeoutMs, 'nothing had to be cut')
})

t.test('a flow that broke off is begun anew by the sweep', async t => {
  const shop = await startShop(t, { order: { ...impatient, sweep: { intervalMs: 50, ageMs: 500 } } })
  const { orders, orderId, mend } = await brokenOrder(shop)
  await mend()
  await eventually(async () => (await orders.getOrder({ orderId })).status === OrderStatus.CONFIRMED)
  t.strictSame(await brokenInvariants(shop), [])
})

t.test('a flow that broke off is begun anew by an admin', async t => {
  const shop = await startShop(t, { order: impatient })
  const { orders, orderId, mend } = await brokenOrder(shop)
  await mend()
  const admin = await customerOf(shop.orders!, shop.payment, { roles: ['admin'] })
  await admin.orders.retryOrder({ orderId })
  await eventually(async () => (await orders.getOrder({ orderId })).status === OrderStatus.CONFIRMED)
  t.strictSame(await brokenInvariants(shop), [])
})

t.test('a refund that was written down is begun by the sweep', async t => {
  const shop = await startShop(t, { order: { ...impatient, sweep: { intervalMs: 50, ageMs: 50 } } })
  const { orders, orderId } = await orderInRefund(shop)
  await eventually(async () => (await orders.getOrder({ orderId })).status === OrderStatus.REFUNDED)
  t.strictSame(await brokenInvariants(shop), [])
})

t.test('a refund that was written down is begun by an admin', async t => {
  const shop = await startShop(t, { order: impatient })
  const { orders, orderId } = await orderInRefund(shop)
  const admin = await customerOf(shop.orders!, shop.payment, { roles: ['admin'] })
  await admin.orders.retryOrder({ orderId })
  await eventually(async () => (await orders.getOrder({ orderId })).status === OrderStatus.REFUNDED)
  t.strictSame(await brokenInvariants(shop), [])
})

/** A confirmed order with a refund whose process died before its flow was begun. */
async function orderInRefund(shop: Awaited<ReturnType<typeof startShop>>) {
  const { orders } = await customerOf(shop.orders!, shop.payment)
  const { orderId } = await orders.createOrder(orderOf(await shop.addProduct()))
  await eventually(async () => (await orders.getOrder({ orderId })).status === OrderStatus.CONFIRMED)
  await shop.query(
    'orders',
    `WITH refund AS (
       INSERT INTO order_refunds (order_id, number, amount_minor, reason, restock, actor)
       SELECT id, 1, total_minor, 'duplicate', true, 'test' FROM orders WHERE id = $1)
     UPDATE orders SET workflow_id = id || ':refund:1' WHERE id = $1`,
    [orderId]
  )
  return { orders, orderId }
}

/** An order whose flow ended with an error, because somebody changed the row under it; `mend` changes it back. */
async function brokenOrder(shop: Awaited<ReturnType<typeof startShop>>) {
  const { orders } = await customerOf(shop.orders!, shop.payment)
  const setStatus = (orderId: string, status: string) =>
    shop.query('orders', 'UPDATE orders SET status = $2 WHERE id = $1', [orderId, status])
  shop.wire.after = async (rpc, { orderId }) => {
    if (rpc === 'processPayment') await setStatus(orderId!, 'delivered')
  }
  const { orderId } = await orders.createOrder(orderOf(await shop.addProduct()))
  await eventually(async () => {
    const [flow] = await shop.query(
      'orders_dbos_sys',
      'SELECT status FROM dbos.workflow_status WHERE workflow_uuid = $1',
      [orderId]
    )
    return flow?.status === 'ERROR'
  })
  shop.wire.after = undefined
  return { orders, orderId, mend: () => setStatus(orderId, 'pending') }
}
