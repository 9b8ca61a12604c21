import pg from 'pg'
import { pino } from 'pino'
import t from 'tap'
import { createOrderChanges } from '../../../backends/order/changes.ts'
import { eventChannel, orderMigrations } from '../../../backends/order/migrations.ts'
import type { OrderSchema } from '../../../backends/order/schema.ts'
import { openDatabase } from '../../../backends/shared/database.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { eventually } from '../eventually.ts'
import { startPostgres } from '../helper.ts'

const databaseUrl = (await startPostgres()).url('orders')
const db = await openDatabase<OrderSchema>({ url: databaseUrl, migrations: orderMigrations })
const changes = createOrderChanges({ db, databaseUrl, log: pino({ level: 'silent' }) }, { pollMs: 3_600_000 })
const other = new pg.Client({ connectionString: databaseUrl })
await other.connect()
t.teardown(async () => {
  await changes.close()
  await Promise.all([db.destroy(), other.end()])
})
const announce = (orderId: string) => other.query('SELECT pg_notify($1, $2)', [eventChannel, orderId])

/** Whether a wait is over, without waiting for it. */
async function isOver(wait: Promise<unknown>): Promise<boolean> {
  return await Promise.race([wait.then(() => true), new Promise<boolean>(resolve => setImmediate(resolve, false))])
}

await eventually(async () => {
  const { rows } = await other.query(`SELECT 1 FROM pg_stat_activity WHERE query LIKE 'LISTEN %'`)
  return rows.length > 0
})

t.test('however much happened meanwhile, a slow watcher is told once', async t => {
  const [orderId, lastId] = [newId(), newId()]
  const slow = changes.of(orderId)
  const last = changes.of(lastId)
  for (let n = 0; n < 100; n++) await announce(orderId)
  await announce(lastId)
  t.equal(await last.next(), true, 'everything was heard by now')
  t.equal(await slow.next(), true)
  const next = slow.next()
  t.notOk(await isOver(next), 'and then it waits')
  slow.close()
  t.equal(await next, false, 'until it is closed')
  last.close()
})

t.test('a watcher is told of its own order alone', async t => {
  const [mine, theirs] = [newId(), newId()]
  const watcher = changes.of(mine)
  const next = watcher.next()
  const witness = changes.of(theirs)
  await announce(theirs)
  t.equal(await witness.next(), true)
  t.notOk(await isOver(next))
  watcher.close()
  witness.close()
})

t.test('a watcher that was closed is told nothing any more', async t => {
  const orderId = newId()
  const gone = changes.of(orderId)
  const stays = changes.of(orderId)
  gone.close()
  await announce(orderId)
  t.equal(await stays.next(), true)
  t.equal(await gone.next(), false)
  stays.close()
})
