import { Code } from '@connectrpc/connect'
import { sql } from 'kysely'
import t from 'tap'
import { inventoryMigrations } from '../../../backends/inventory/migrations.ts'
import { expireOne } from '../../../backends/inventory/reservations.ts'
import type { InventorySchema } from '../../../backends/inventory/schema.ts'
import { createInventoryService } from '../../../backends/inventory/service.ts'
import { move } from '../../../backends/inventory/stock.ts'
import { openDatabase } from '../../../backends/shared/database.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { metadataOf, reasonOf } from '../../../backends/shared/service-error.ts'
import { InventoryService, ReservationStatus } from '../../../gen/shop/inventory/v1/inventory_pb.ts'
import { startBackend, startPostgres } from '../helper.ts'
import { checkStockInvariants } from './invariants.ts'

const databaseUrl = (await startPostgres(t)).url('reservations')
const { tokens, client } = await startBackend(
  t,
  // The tests expire what they want to see expired.
  (settings, dependencies) => createInventoryService(settings, dependencies, { expiryIntervalMs: 3_600_000 }),
  { databaseUrl }
)
const inventory = client(InventoryService, await tokens.signService('order-service'))
const db = await openDatabase<InventorySchema>({ url: databaseUrl, migrations: inventoryMigrations })
t.teardown(() => db.destroy())

/** A product of which there are so many. */
async function stocked(onHand: number): Promise<string> {
  const id = newId()
  await db
    .insertInto('stock')
    .values({ product_id: id, sku: `SKU-${id.slice(-12).toUpperCase()}` })
    .execute()
  await db.transaction().execute(tx => move(tx, { kind: 'adjust', productId: id, onHand, reserved: 0, actor: 'test' }))
  return id
}

async function stockOf(productId: string) {
  const { onHand, reserved } = (await inventory.batchGetStock({ productIds: [productId] })).stocks[0]!
  return { onHand, reserved }
}

/** The refusal that a call ends with. */
async function refusalOf(work: Promise<unknown>) {
  try {
    await work
  } catch (error) {
    return { code: (error as { code: Code }).code, reason: reasonOf(error), metadata: metadataOf(error) }
  }
  return null
}

/** As if the time of a reservation were over. */
async function runOut(orderId: string) {
  await sql`UPDATE reservations SET expires_at = now() - interval '1 second' WHERE order_id = ${orderId}`.execute(db)
}

t.test('all lines are set aside, or none', async t => {
  const [plenty, scarce] = [await stocked(10), await stocked(1)]
  const items = [
    { productId: plenty, quantity: 2 },
    { productId: scarce, quantity: 2 }
  ]
  t.same(await refusalOf(inventory.reserveStock({ orderId: newId(), items })), {
    code: Code.FailedPrecondition,
    reason: 'INSUFFICIENT_STOCK',
    metadata: { product_id: scarce, requested: '2', available: '1' }
  })
  t.same(await stockOf(plenty), { onHand: 10, reserved: 0 })
  await checkStockInvariants(t, db)
})

t.test('an order with several lines is one reservation', async t => {
  const [one, two] = [await stocked(5), await stocked(5)]
  const items = [one, two].map(productId => ({ productId, quantity: 3 }))
  const reservation = await inventory.reserveStock({ orderId: newId(), items })
  t.equal(reservation.status, ReservationStatus.RESERVED)
  t.equal(reservation.items.length, 2)
  t.same(await stockOf(one), { onHand: 5, reserved: 3 })
  t.same(await stockOf(two), { onHand: 5, reserved: 3 })
  await checkStockInvariants(t, db)
})

t.test('repeating a reservation changes nothing; with other lines it is refused', async t => {
  const productId = await stocked(5)
  const orderId = newId()
  await inventory.reserveStock({ orderId, items: [{ productId, quantity: 2 }] })
  await inventory.reserveStock({ orderId, items: [{ productId, quantity: 2 }] })
  t.same(await stockOf(productId), { onHand: 5, reserved: 2 })
  const other = await refusalOf(inventory.reserveStock({ orderId, items: [{ productId, quantity: 3 }] }))
  t.equal(other?.reason, 'IDEMPOTENCY_KEY_REUSED')
  await checkStockInvariants(t, db)
})

t.test('an unknown product is refused by name', async t => {
  const productId = newId()
  const refusal = await refusalOf(inventory.reserveStock({ orderId: newId(), items: [{ productId, quantity: 1 }] }))
  t.match(refusal, { code: Code.NotFound, reason: 'STOCK_NOT_FOUND', metadata: { product_id: productId } })
})

t.test('a sale takes the goods out, once', async t => {
  const productId = await stocked(5)
  const orderId = newId()
  await inventory.reserveStock({ orderId, items: [{ productId, quantity: 2 }] })
  await inventory.confirmReservation({ orderId })
  t.equal((await inventory.confirmReservation({ orderId })).status, ReservationStatus.CONFIRMED)
  t.same(await stockOf(productId), { onHand: 3, reserved: 0 })
  t.equal((await refusalOf(inventory.releaseReservation({ orderId })))?.reason, 'RESERVATION_CLOSED')
  await inventory.returnStock({ orderId })
  t.equal((await inventory.returnStock({ orderId })).status, ReservationStatus.RETURNED)
  t.same(await stockOf(productId), { onHand: 5, reserved: 0 })
  await checkStockInvariants(t, db)
})

t.test('released stock is back, once', async t => {
  const productId = await stocked(5)
  const orderId = newId()
  await inventory.reserveStock({ orderId, items: [{ productId, quantity: 2 }] })
  await inventory.releaseReservation({ orderId, reason: 'declined' })
  t.equal((await inventory.releaseReservation({ orderId })).status, ReservationStatus.RELEASED)
  t.same(await stockOf(productId), { onHand: 5, reserved: 0 })
  t.equal((await refusalOf(inventory.confirmReservation({ orderId })))?.reason, 'RESERVATION_CLOSED')
  await checkStockInvariants(t, db)
})

t.test('a reservation that arrives after its release is refused', async t => {
  const productId = await stocked(5)
  const orderId = newId()
  t.equal((await inventory.releaseReservation({ orderId })).status, ReservationStatus.RELEASED)
  const late = await refusalOf(inventory.reserveStock({ orderId, items: [{ productId, quantity: 2 }] }))
  t.equal(late?.reason, 'RESERVATION_CLOSED')
  t.same(await stockOf(productId), { onHand: 5, reserved: 0 })
  await checkStockInvariants(t, db)
})

t.test('an overdue reservation expires; confirming it takes the stock again while there is some', async t => {
  const productId = await stocked(2)
  const orderId = newId()
  await inventory.reserveStock({ orderId, items: [{ productId, quantity: 2 }] })
  await runOut(orderId)
  t.equal(await expireOne(db), true)
  t.same(await stockOf(productId), { onHand: 2, reserved: 0 })
  t.equal((await refusalOf(inventory.extendReservation({ orderId, ttlSeconds: 60 })))?.reason, 'RESERVATION_EXPIRED')
  await inventory.confirmReservation({ orderId })
  t.same(await stockOf(productId), { onHand: 0, reserved: 0 })
  await checkStockInvariants(t, db)
})

t.test('an expired reservation whose stock is gone cannot be confirmed', async t => {
  const productId = await stocked(2)
  const [slow, fast] = [newId(), newId()]
  await inventory.reserveStock({ orderId: slow, items: [{ productId, quantity: 2 }] })
  await runOut(slow)
  await expireOne(db)
  await inventory.reserveStock({ orderId: fast, items: [{ productId, quantity: 1 }] })
  t.equal((await refusalOf(inventory.confirmReservation({ orderId: slow })))?.reason, 'RESERVATION_EXPIRED')
  await checkStockInvariants(t, db)
})

t.test('more time keeps a reservation from expiring', async t => {
  const productId = await stocked(2)
  const orderId = newId()
  await inventory.reserveStock({ orderId, items: [{ productId, quantity: 2 }] })
  await runOut(orderId)
  await inventory.extendReservation({ orderId, ttlSeconds: 600 })
  t.equal(await expireOne(db), false)
  await checkStockInvariants(t, db)
})

t.test('a crowd over two products, half of it in the other order: exactly what there is, and no deadlock', async t => {
  const [one, two] = [await stocked(30), await stocked(30)]
  const outcomes = await Promise.all(
    Array.from({ length: 80 }, (_, index) => {
      const lines = [one, two].map(productId => ({ productId, quantity: 1 }))
      const items = index % 2 === 0 ? lines : lines.reverse()
      return refusalOf(inventory.reserveStock({ orderId: newId(), items }))
    })
  )
  t.equal(outcomes.filter(outcome => outcome === null).length, 30)
  t.ok(outcomes.every(outcome => outcome === null || outcome.reason === 'INSUFFICIENT_STOCK'))
  t.same(await stockOf(one), { onHand: 30, reserved: 30 })
  await checkStockInvariants(t, db)
})

t.test('sale, release and expiry at once: one of them wins', async t => {
  const productId = await stocked(20)
  const orders = Array.from({ length: 10 }, newId)
  for (const orderId of orders) {
    await inventory.reserveStock({ orderId, items: [{ productId, quantity: 1 }] })
    await runOut(orderId)
  }
  await Promise.all(
    orders.flatMap(orderId => [
      refusalOf(inventory.confirmReservation({ orderId })),
      refusalOf(inventory.releaseReservation({ orderId })),
      expireOne(db)
    ])
  )
  const { rows } = await sql<{ status: string; count: bigint }>`SELECT status, count(*) FROM reservations
    WHERE order_id = ANY(${orders}) GROUP BY status`.execute(db)
  const sold = Number(rows.find(row => row.status === 'confirmed')?.count ?? 0n)
  t.equal(
    rows.reduce((sum, row) => sum + Number(row.count), 0),
    10
  )
  t.notOk(rows.some(row => row.status === 'reserved'))
  t.same(await stockOf(productId), { onHand: 20 - sold, reserved: 0 })
  await checkStockInvariants(t, db)
})

t.test('a user cannot reserve', async t => {
  const { token } = await tokens.signUser({ userId: newId(), roles: ['admin'], tokenVersion: 0 })
  const items = [{ productId: newId(), quantity: 1 }]
  const refusal = await refusalOf(client(InventoryService, token).reserveStock({ orderId: newId(), items }))
  t.equal(refusal?.code, Code.PermissionDenied)
})
