import { Code } from '@connectrpc/connect'
import t from 'tap'
import { newId } from '../../../backends/shared/ids.ts'
import { metadataOf, reasonOf } from '../../../backends/shared/service-error.ts'
import { OrderStatus } from '../../../gen/shop/order/v1/order_pb.ts'
import { eventually } from '../eventually.ts'
import { refusalOf } from '../helper.ts'
import { customerOf, orderOf, startShop } from './shop.ts'
import { seqsUntilEnd, type Watcher, watch } from './watcher.ts'

// The poll is far away: what arrives here was announced.
const announced = { watch: { pollMs: 3_600_000 } }
const shop = await startShop(t, { order: announced })
const productId = await shop.addProduct()
const customer = () => customerOf(shop.orders!, shop.payment)
const operator = () => customerOf(shop.orders!, shop.payment, { roles: ['operator'] })

/** An order at rest with its two first events: placed, then awaiting payment. */
async function waitingOrder() {
  const { orders, userId } = await customer()
  const { orderId } = await orders.createOrder({ ...orderOf(productId), autoPay: false })
  return { orders, userId, orderId }
}

async function statusesOf(watcher: Watcher, count: number) {
  const statuses: OrderStatus[] = []
  for (let n = 0; n < count; n++) statuses.push((await watcher.next())!.status)
  return statuses
}

t.test('a watcher gets what happened before, then what happens', async t => {
  const { orders, orderId } = await waitingOrder()
  const watcher = watch(orders, orderId)
  t.match(await watcher.next(), { orderId, seq: 1n, fromStatus: 0, status: OrderStatus.PENDING, reason: '' })
  t.match(await watcher.next(), { seq: 2n, fromStatus: OrderStatus.PENDING, status: OrderStatus.AWAITING_PAYMENT })
  await orders.payOrder({ orderId })
  t.strictSame(await statusesOf(watcher, 2), [OrderStatus.PAID, OrderStatus.CONFIRMED])
  const staff = await operator()
  await staff.orders.shipOrder({ orderId, carrier: 'DHL' })
  t.match(await watcher.next(), { seq: 5n, status: OrderStatus.SHIPPED, reason: 'DHL' })
  watcher.leave()
})

t.test('the stream ends well with the last change that an order can have', async t => {
  const { orders, orderId } = await waitingOrder()
  const watcher = watch(orders, orderId)
  await orders.cancelOrder({ orderId })
  t.strictSame(await seqsUntilEnd(watcher), [1n, 2n, 3n, 4n])
  t.strictSame(await seqsUntilEnd(watch(orders, orderId)), [1n, 2n, 3n, 4n], 'for whoever comes later too')
  t.strictSame(await seqsUntilEnd(watch(orders, orderId, 4n)), [], 'who has seen all of it gets nothing more')
})

t.test('a watcher that comes back goes on after the last event that it has seen', async t => {
  const { orders, orderId } = await waitingOrder()
  const first = watch(orders, orderId)
  t.equal((await first.next())?.seq, 1n)
  first.leave()
  const second = watch(orders, orderId, 1n)
  t.equal((await second.next())?.seq, 2n)
  second.leave()
  await orders.cancelOrder({ orderId })
  t.strictSame(await seqsUntilEnd(watch(orders, orderId, 2n)), [3n, 4n])
})

t.test('whoever has seen more than there is gets what comes', async t => {
  const { orders, orderId } = await waitingOrder()
  const watcher = watch(orders, orderId, 100n)
  await watcher.accepted
  await orders.cancelOrder({ orderId })
  t.strictSame(await seqsUntilEnd(watcher), [3n, 4n])
})

t.test('the stream is accepted before there is anything to tell', async t => {
  const { orders, orderId } = await waitingOrder()
  const watcher = watch(orders, orderId, 2n)
  await t.resolves(watcher.accepted)
  watcher.leave()
})

t.test("another's order is not found; operators may watch it", async t => {
  const { orderId } = await waitingOrder()
  const stranger = await customer()
  const error = await refusalOf(watch(stranger.orders, orderId).next())
  t.equal(error.code, Code.NotFound)
  t.equal(reasonOf(error), 'ORDER_NOT_FOUND')
  t.equal(reasonOf(await refusalOf(watch(stranger.orders, newId()).next())), 'ORDER_NOT_FOUND')
  const watcher = watch((await operator()).orders, orderId)
  t.equal((await watcher.next())?.seq, 1n)
  watcher.leave()
})

t.test('all watchers of an order get all of it', async t => {
  const { orders, userId, orderId } = await waitingOrder()
  const staff = await Promise.all(Array.from({ length: 8 }, operator))
  const watchers = [orders, orders, ...staff.flatMap(({ orders }) => [orders, orders])].map(orders =>
    watch(orders, orderId)
  )
  await Promise.all(watchers.map(watcher => watcher.accepted))
  const owner = await customerOf(shop.orders!, shop.payment, { userId })
  await owner.orders.cancelOrder({ orderId })
  const seen = await Promise.all(watchers.map(seqsUntilEnd))
  t.strictSame(seen, Array(18).fill([1n, 2n, 3n, 4n]))
})

t.test('a user watches five orders at once, and the next when one of them is let go', async t => {
  const { orders, userId, orderId } = await waitingOrder()
  const watchers = Array.from({ length: 5 }, () => watch(orders, orderId))
  await Promise.all(watchers.map(watcher => watcher.accepted))
  const error = await refusalOf(watch(orders, orderId).next())
  t.equal(error.code, Code.ResourceExhausted)
  t.equal(reasonOf(error), 'TOO_MANY_STREAMS')
  t.strictSame(metadataOf(error), { limit: '5' })

  const other = await waitingOrder()
  const unaffected = watch(other.orders, other.orderId)
  t.equal((await unaffected.next())?.seq, 1n, 'another user has five of their own')
  unaffected.leave()

  watchers[0]!.leave()
  const next = await eventually(async () => {
    const watcher = watch(orders, orderId)
    return await watcher.next().then(
      () => watcher,
      () => null
    )
  })
  const again = await customerOf(shop.orders!, shop.payment, { userId })
  t.equal(reasonOf(await refusalOf(watch(again.orders, orderId).next())), 'TOO_MANY_STREAMS')
  for (const watcher of [next!, ...watchers]) watcher.leave()
})

t.test('a stream that was refused or has ended takes no place', async t => {
  const { orders, orderId } = await waitingOrder()
  const stranger = await waitingOrder()
  for (let n = 0; n < 6; n++) t.equal((await refusalOf(watch(orders, stranger.orderId).next())).code, Code.NotFound)
  await orders.cancelOrder({ orderId })
  for (let n = 0; n < 6; n++) t.equal((await seqsUntilEnd(watch(orders, orderId))).length, 4)
})
