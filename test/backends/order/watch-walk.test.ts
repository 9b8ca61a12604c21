import type { Client } from '@connectrpc/connect'
import t from 'tap'
import type { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { eventually } from '../eventually.ts'
import { refusalOf } from '../helper.ts'
import { startOrderProcess } from './order-process.ts'
import { customerOf, orderOf, startShop } from './shop.ts'
import { seqsUntilEnd, watch } from './watcher.ts'

type Orders = Client<typeof OrderService>

// The poll is far away: what arrives here was announced.
const shop = await startShop(t, { order: { watch: { pollMs: 3_600_000 } } })
const productId = await shop.addProduct()
const operator = () => customerOf(shop.orders!, shop.payment, { roles: ['operator'] })

/** A watcher that goes away after each few events and comes back where it was. */
function watchWithBreaks(orders: Orders, orderId: string, eventsPerVisit: number) {
  const seen: bigint[] = []
  let watcher = watch(orders, orderId)

  async function follow(): Promise<void> {
    for (;;) {
      const event = await watcher.next()
      if (event === undefined) return
      seen.push(event.seq)
      if (seen.length % eventsPerVisit !== 0) continue
      watcher.leave()
      watcher = watch(orders, orderId, event.seq)
    }
  }

  const followed = follow().catch(() => {})
  return {
    seen,
    async leave() {
      watcher.leave()
      await followed
    }
  }
}

/** Everybody wants something else of the order, at the same time. */
async function pullAbout(orders: Orders, orderId: string): Promise<void> {
  const staff = await operator()
  const { orders: cancelling } = await operator()
  await Promise.allSettled([
    orders.payOrder({ orderId }).then(() => staff.orders.shipOrder({ orderId })),
    cancelling.cancelOrder({ orderId }),
    staff.orders.shipOrder({ orderId })
  ])
  await staff.orders.deliverOrder({ orderId }).catch(() => {})
}

t.test('whatever happens at once, every watcher sees each event once, in order, without gaps', async t => {
  const walks = Array.from({ length: 12 }, async () => {
    const { orders, userId } = await customerOf(shop.orders!, shop.payment)
    const { orderId } = await orders.createOrder({ ...orderOf(productId), autoPay: false })
    const watching = await Promise.all([{ userId }, {}, {}].map(who => watcherOf(who)))
    const watchers = watching.map((orders, index) => watchWithBreaks(orders, orderId, index + 1))
    await pullAbout(orders, orderId)
    const { events } = await orders.listOrderEvents({ orderId })
    await eventually(async () => watchers.every(({ seen }) => seen.length >= events.length))
    await Promise.all(watchers.map(watcher => watcher.leave()))
    for (const { seen } of watchers)
      t.strictSame(
        seen,
        seen.map((_seq, index) => BigInt(index + 1))
      )
  })
  await Promise.all(walks)
})

async function watcherOf({ userId }: { userId?: string }): Promise<Orders> {
  return (userId ? await customerOf(shop.orders!, shop.payment, { userId }) : await operator()).orders
}

t.test('a change made by one process is seen by the watchers of another, also when theirs dies', async t => {
  const other = await startOrderProcess(t, shop)
  const { orders: here, userId } = await customerOf(shop.orders!, shop.payment)
  const there = await other.as(userId)
  const { orderId } = await here.createOrder({ ...orderOf(productId), autoPay: false })

  const watcherHere = watch(here, orderId)
  const watcherThere = watch(there, orderId)
  for (const seq of [1n, 2n]) {
    t.equal((await watcherHere.next())?.seq, seq)
    t.equal((await watcherThere.next())?.seq, seq)
  }
  await there.payOrder({ orderId })
  for (const seq of [3n, 4n]) {
    t.equal((await watcherHere.next())?.seq, seq)
    t.equal((await watcherThere.next())?.seq, seq)
  }
  const broken = refusalOf(watcherThere.next())
  await other.kill()
  await broken
  const moved = watch(here, orderId, 4n)
  await here.cancelOrder({ orderId })
  t.strictSame(await seqsUntilEnd(moved), [5n, 6n])
  t.strictSame(await seqsUntilEnd(watcherHere), [5n, 6n])
})
