import { pino } from 'pino'
import t from 'tap'
import { startExpiry } from '../../../backends/inventory/expiry.ts'
import { expireOne } from '../../../backends/inventory/reservations.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { ReservationStatus } from '../../../gen/shop/inventory/v1/inventory_pb.ts'
import { eventually } from '../eventually.ts'
import { checkStockInvariants } from './invariants.ts'
import { openWarehouse, type Warehouse } from './warehouse.ts'

const log = pino({ level: 'silent' })

async function reserveOverdue({ inventory, runOut }: Warehouse, productId: string): Promise<string> {
  const orderId = newId()
  await inventory.reserveStock({ orderId, items: [{ productId, quantity: 1 }] })
  await runOut(orderId)
  return orderId
}

t.test('a reservation that nobody confirms gives its stock back by itself', async t => {
  const warehouse = await openWarehouse(t, { expiryIntervalMs: 20 })
  const productId = await warehouse.stocked(3)
  for (let count = 0; count < 3; count++) await reserveOverdue(warehouse, productId)
  await eventually(async () => (await warehouse.stockOf(productId)).reserved === 0)
  t.same(await warehouse.stockOf(productId), { onHand: 3, reserved: 0 })
  await checkStockInvariants(t, warehouse.db)
})

t.test('what somebody else works on is passed over', async t => {
  const warehouse = await openWarehouse(t)
  const { db, stocked, stockOf, inventory } = warehouse
  const productId = await stocked(2)
  const busy = await reserveOverdue(warehouse, productId)
  await reserveOverdue(warehouse, productId)
  await db.transaction().execute(async tx => {
    await tx.selectFrom('reservations').selectAll().where('order_id', '=', busy).forUpdate().execute()
    t.equal(await expireOne(db), true)
    t.equal(await expireOne(db), false)
  })
  t.same(await stockOf(productId), { onHand: 2, reserved: 1 })
  t.equal((await inventory.confirmReservation({ orderId: busy })).status, ReservationStatus.CONFIRMED)
  await checkStockInvariants(t, db)
})

t.test('several processes that expire at once give nothing back twice', async t => {
  const warehouse = await openWarehouse(t)
  const productId = await warehouse.stocked(10)
  for (let count = 0; count < 10; count++) await reserveOverdue(warehouse, productId)
  const jobs = Array.from({ length: 4 }, () => startExpiry(warehouse.db, log, 3_600_000))
  await Promise.all(jobs.map(job => job.run()))
  await Promise.all(jobs.map(job => job.close()))
  t.same(await warehouse.stockOf(productId), { onHand: 10, reserved: 0 })
  await checkStockInvariants(t, warehouse.db)
})

t.test('a closed job looks no more', async t => {
  const warehouse = await openWarehouse(t)
  const productId = await warehouse.stocked(1)
  const job = startExpiry(warehouse.db, log, 3_600_000)
  await job.close()
  await reserveOverdue(warehouse, productId)
  await job.run()
  t.same(await warehouse.stockOf(productId), { onHand: 1, reserved: 1 })
})

t.test('a database that is away is logged, and looked at again', async t => {
  const warehouse = await openWarehouse(t)
  const messages: string[] = []
  const job = startExpiry(warehouse.db, pino({ level: 'error' }, { write: line => messages.push(line) }), 3_600_000)
  t.teardown(() => job.close())
  const productId = await warehouse.stocked(1)
  await reserveOverdue(warehouse, productId)
  await warehouse.db.schema.alterTable('reservations').renameTo('away').execute()
  await job.run()
  t.match(messages, [/reservations could not be expired/])
  await warehouse.db.schema.alterTable('away').renameTo('reservations').execute()
  await job.run()
  t.same(await warehouse.stockOf(productId), { onHand: 1, reserved: 0 })
})
