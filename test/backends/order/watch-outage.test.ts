import { Code } from '@connectrpc/connect'
import t from 'tap'
import type { OrderOptions } from '../../../backends/order/service.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { eventually } from '../eventually.ts'
import { refusalOf, type Test } from '../helper.ts'
import { customerOf, orderOf, startShop } from './shop.ts'
import { seqsUntilEnd, watch } from './watcher.ts'

const never = 3_600_000

/** A shop with an order that has two events, and somebody who has seen them and waits for more. */
async function watchedOrder(t: Test, options: OrderOptions['watch']) {
  const shop = await startShop(t, { order: { watch: options ?? {} } })
  const { orders } = await customerOf(shop.orders!, shop.payment)
  const { orderId } = await orders.createOrder({ ...orderOf(await shop.addProduct()), autoPay: false })
  const watcher = watch(orders, orderId)
  await watcher.next()
  await watcher.next()
  return { shop, orders, orderId, watcher }
}

/** The process id of the connection that listens; undefined: there is none. */
async function listenerOf(shop: Awaited<ReturnType<typeof startShop>>): Promise<number | undefined> {
  const [row] = await shop.query<{ pid: number }>(
    'orders',
    `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'`
  )
  return row?.pid
}

t.test('what happens while nobody listens is told once somebody listens again', async t => {
  const { shop, orders, orderId, watcher } = await watchedOrder(t, { pollMs: never })
  const listener = await eventually(() => listenerOf(shop))
  // The event is committed after the connection is gone and before there is another one.
  const client = await shop.pool('orders').connect()
  await client.query('BEGIN')
  await client.query(`UPDATE orders SET status = 'cancelling', expires_at = NULL, event_seq = 3 WHERE id = $1`, [
    orderId
  ])
  await client.query(
    `INSERT INTO order_events (order_id, seq, from_status, to_status, actor)
     VALUES ($1, 3, 'awaiting_payment', 'cancelling', 'test')`,
    [orderId]
  )
  await client.query('SELECT pg_terminate_backend($1, 5000)', [listener])
  await client.query('COMMIT')
  client.release()
  t.equal((await watcher.next())?.seq, 3n)
  t.not(await eventually(() => listenerOf(shop)), listener, 'there is another connection')
  await orders.cancelOrder({ orderId })
  t.strictSame(await seqsUntilEnd(watcher), [4n], 'and it hears')
})

t.test('what nobody announced is found by looking', async t => {
  const { shop, orders, orderId, watcher } = await watchedOrder(t, { pollMs: 20 })
  await shop.query('orders', 'ALTER TABLE order_events DISABLE TRIGGER order_events_announced')
  await orders.cancelOrder({ orderId })
  t.strictSame(await seqsUntilEnd(watcher), [3n, 4n])
})

t.test('a service that shuts down sends its watchers away, to come back', async t => {
  const { shop, watcher } = await watchedOrder(t, {})
  const [error] = await Promise.all([refusalOf(watcher.next()), shop.orders!.close()])
  t.equal(error.code, Code.Unavailable)
  t.equal(reasonOf(error), 'SHUTTING_DOWN')
  t.equal(await listenerOf(shop), undefined, 'and stops listening')
})

t.test('a stream ends well when its time is over', async t => {
  const { watcher } = await watchedOrder(t, { maxWatchMs: 300 })
  t.equal(await watcher.next(), undefined)
})
