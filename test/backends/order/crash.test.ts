import t, { type Test } from 'tap'
import { newId } from '../../../backends/shared/ids.ts'
import { OrderStatus } from '../../../gen/shop/order/v1/order_pb.ts'
import { eventually } from '../eventually.ts'
import { brokenInvariants } from './invariants.ts'
import { holdAtCalls, type KillPoint, makeReadOnly, type ReadOnlyTable } from './kill-points.ts'
import { type OrderProcess, startOrderProcess } from './order-process.ts'
import { orderOf, startShop } from './shop.ts'

// The order service runs as a process of its own and is killed with SIGKILL, at every step of the flow: right before the
// effect of the step, and right after it, before the flow knows. The next process must bring every order to rest. The other
// services live in this process, where their answers can be held back; for the writes of the order service itself a table
// is locked.

// Half of the time goes to starting processes, which takes long on a machine that is busy.
t.setTimeout(120_000)

const shop = await startShop(t, { withOrders: false })
let service: OrderProcess = await startOrderProcess(t, shop)

/** A customer with an own product, so that every order can be told apart. */
async function newBuyer(what: string) {
  const userId = newId()
  const productId = await shop.addProduct()
  const request = orderOf(productId, { quantity: 2, requestId: newId() })
  return { what, userId, productId, request, orders: () => service.as(userId) }
}

type Buyer = Awaited<ReturnType<typeof newBuyer>>

async function killAndRestart(meanwhile: () => unknown = () => {}): Promise<void> {
  await service.kill()
  await meanwhile()
  service = await startOrderProcess(t, shop)
}

/** What was called when the process died has no answer. */
function unanswered(call: Promise<unknown>): void {
  call.catch(() => {})
}

/**
 * Every order that was begun is finished without anybody asking for it. Then the buyers repeat their requests, as clients do,
 * and each has that one order.
 */
async function everyoneIsServed(t: Test, buyers: readonly Buyer[]): Promise<void> {
  await eventually(allAtRest)
  for (const { orders, request, what } of buyers) {
    const client = await orders()
    const { order } = await client.createOrder(request)
    const { totalSize } = await client.listOrders({})
    t.strictSame([order?.status, totalSize], [OrderStatus.CONFIRMED, 1], what)
  }
  t.strictSame(await brokenInvariants(shop), [], 'money, stock and records add up')
}

async function allAtRest(): Promise<boolean> {
  const open = await shop.query(
    'orders',
    `SELECT id FROM orders WHERE status IN ('pending', 'paid', 'cancelling')
     UNION ALL SELECT order_id FROM payment_attempts WHERE status = 'running'
     UNION ALL SELECT order_id FROM order_refunds WHERE status = 'running'`
  )
  return open.length === 0
}

/** Buyers who are each held at a call of their own, by product. */
async function buyersAt(points: readonly KillPoint[]): Promise<{ buyers: Buyer[]; held: Map<string, KillPoint> }> {
  const buyers = await Promise.all(points.map(({ rpc, when }) => newBuyer(`killed ${when} ${rpc}`)))
  return { buyers, held: new Map(buyers.map(({ productId }, index) => [productId, points[index]!])) }
}

function beforeAndAfter(...rpcs: string[]): KillPoint[] {
  return rpcs.flatMap(rpc => [{ rpc, when: 'before' } as const, { rpc, when: 'after' } as const])
}

t.test('killed at the calls that fulfil an order', async t => {
  const points = beforeAndAfter('batchGetProducts', 'reserveStock', 'processPayment', 'confirmReservation')
  const { buyers, held } = await buyersAt(points)
  const { everyoneHeld, release } = holdAtCalls(shop, held)
  for (const { orders, request } of buyers) unanswered((await orders()).createOrder(request))
  await everyoneHeld
  await killAndRestart(release)
  await everyoneIsServed(t, buyers)
})

t.test('killed after the order was written, before its flow was begun', async t => {
  const buyer = await newBuyer('the order is fulfilled')
  const flows = await makeReadOnly(shop, 'orders_dbos_sys', 'dbos.workflow_status')
  unanswered((await buyer.orders()).createOrder(buyer.request))
  // Another flow may be the one that waits first.
  await eventually(async () => (await statusOf(buyer)) === 'pending')
  await flows.writersWait(1)
  await killAndRestart(() => flows.dropWriters())
  await everyoneIsServed(t, [buyer])
})

t.test('killed while the order is being written as paid, and as confirmed', async t => {
  const { buyers, events } = await holdAtStatusWrites()
  await killAndRestart(() => events.dropWriters())
  await everyoneIsServed(t, buyers)
})

t.test('killed after the order was written as paid, and as confirmed, before its flow knew', async t => {
  const { buyers, events } = await holdAtStatusWrites()
  const checkpoints = await makeReadOnly(shop, 'orders_dbos_sys', 'dbos.operation_outputs')
  await events.release()
  await checkpoints.writersWait(buyers.length)
  const statuses = await Promise.all(buyers.map(statusOf))
  t.strictSame(statuses, ['paid', 'confirmed'])
  await killAndRestart(() => checkpoints.dropWriters())
  await everyoneIsServed(t, buyers)
})

t.test('killed at the calls of a later payment', async t => {
  const { buyers, held } = await buyersAt(beforeAndAfter('extendReservation', 'processPayment'))
  const declined = await place(buyers, { paymentToken: 'tok_declined' })
  const { everyoneHeld, release } = holdAtCalls(shop, held)
  for (const { orders, orderId } of declined) unanswered((await orders()).payOrder({ orderId }))
  await everyoneHeld
  await killAndRestart(release)
  await eventually(allAtRest)
  for (const { orders, orderId, what } of declined) {
    const { status } = await (await orders()).getOrder({ orderId })
    t.equal(status, OrderStatus.CONFIRMED, what)
  }
  t.strictSame(await brokenInvariants(shop), [], 'money, stock and records add up')
})

t.test('killed at the calls that give back what was cancelled', async t => {
  const sold = await buyersAt(beforeAndAfter('reverseOrderPayments', 'returnStock'))
  const unpaid = await buyersAt(beforeAndAfter('releaseReservation'))
  const placed = [...(await place(sold.buyers)), ...(await place(unpaid.buyers, { autoPay: false }))]
  const { everyoneHeld, release } = holdAtCalls(shop, new Map([...sold.held, ...unpaid.held]))
  for (const { orders, orderId } of placed) unanswered((await orders()).cancelOrder({ orderId }))
  await everyoneHeld
  await killAndRestart(release)
  await eventually(allAtRest)
  for (const { orders, orderId, what } of placed) {
    const { status } = await (await orders()).getOrder({ orderId })
    t.equal(status, OrderStatus.CANCELLED, what)
  }
  t.strictSame(await brokenInvariants(shop), [], 'money, stock and records add up')
})

t.test('killed at the calls of a refund', async t => {
  const { buyers, held } = await buyersAt(beforeAndAfter('refundPayment', 'returnStock'))
  const placed = await place(buyers)
  const admin = () => service.as(newId(), ['admin'])
  const { everyoneHeld, release } = holdAtCalls(shop, held)
  for (const { orderId } of placed) unanswered((await admin()).refundOrder({ orderId, restock: true }))
  await everyoneHeld
  await killAndRestart(release)
  await eventually(allAtRest)
  for (const { orders, orderId, what } of placed) {
    const { status } = await (await orders()).getOrder({ orderId })
    t.equal(status, OrderStatus.REFUNDED, what)
  }
  t.strictSame(await brokenInvariants(shop), [], 'money, stock and records add up')
})

t.test('not killed: a second process takes the orders over, and the first one hears of it', async t => {
  const { buyers, held } = await buyersAt(beforeAndAfter('reserveStock', 'processPayment', 'confirmReservation'))
  const { everyoneHeld, letOthersPass, release } = holdAtCalls(shop, held)
  const answers = buyers.map(async ({ orders, request }) => (await orders()).createOrder(request))
  await everyoneHeld
  letOthersPass()
  await startOrderProcess(t, shop)
  await eventually(allAtRest)
  release()
  for (const { order } of await Promise.all(answers)) t.ok(order, 'the first process answers, too')
  await everyoneIsServed(t, buyers)
})

/** Places the orders of some buyers, undisturbed. */
async function place(buyers: readonly Buyer[], change: { paymentToken?: string; autoPay?: boolean } = {}) {
  return await Promise.all(
    buyers.map(async ({ orders, request, what }) => {
      const { orderId } = await (await orders()).createOrder({ ...request, ...change })
      return { orders, orderId, what }
    })
  )
}

/** Lets one order come to being written as paid, another to being written as confirmed, and no further. */
async function holdAtStatusWrites(): Promise<{ buyers: Buyer[]; events: ReadOnlyTable }> {
  const { buyers, held } = await buyersAt([
    { rpc: 'processPayment', when: 'after' },
    { rpc: 'confirmReservation', when: 'after' }
  ])
  const { everyoneHeld, release } = holdAtCalls(shop, held)
  for (const { orders, request } of buyers) unanswered((await orders()).createOrder(request))
  await everyoneHeld
  const events = await makeReadOnly(shop, 'orders', 'order_events')
  release()
  await events.writersWait(buyers.length)
  return { buyers, events }
}

async function statusOf({ userId }: Buyer): Promise<string | undefined> {
  const rows = await shop.query<{ status: string }>('orders', 'SELECT status FROM orders WHERE user_id = $1', [userId])
  return rows[0]?.status
}
