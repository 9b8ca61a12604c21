import { sql } from 'kysely'
import t from 'tap'
import { expireOne } from '../../../backends/inventory/reservations.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { ReservationStatus } from '../../../gen/shop/inventory/v1/inventory_pb.ts'
import { checkStockInvariants } from './invariants.ts'
import { openWarehouse, outcomeOf } from './warehouse.ts'

const { inventory, operator, db, stocked, stockOf, runOut } = await openWarehouse(t)

/** Does the same so many times at once. */
function atOnce<Result>(times: number, work: () => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: times }, work))
}

t.test('a crowd over two products, half of it in the other order: exactly what there is, and no deadlock', async t => {
  const [one, two] = [await stocked(30), await stocked(30)]
  const outcomes = await Promise.all(
    Array.from({ length: 80 }, (_, index) => {
      const lines = [one, two].map(productId => ({ productId, quantity: 1 }))
      const items = index % 2 === 0 ? lines : lines.reverse()
      return outcomeOf(inventory.reserveStock({ orderId: newId(), items }))
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
      outcomeOf(inventory.confirmReservation({ orderId })),
      outcomeOf(inventory.releaseReservation({ orderId })),
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

t.test('the same reservation asked for many times at once is made once', async t => {
  const productId = await stocked(5)
  const orderId = newId()
  const reservations = await atOnce(16, () => inventory.reserveStock({ orderId, items: [{ productId, quantity: 2 }] }))
  t.ok(reservations.every(({ status }) => status === ReservationStatus.RESERVED))
  t.same(await stockOf(productId), { onHand: 5, reserved: 2 })
  await checkStockInvariants(t, db)
})

t.test('the same sale, and the same return, many times at once happen once', async t => {
  const productId = await stocked(5)
  const orderId = newId()
  await inventory.reserveStock({ orderId, items: [{ productId, quantity: 2 }] })
  await atOnce(8, () => inventory.confirmReservation({ orderId }))
  t.same(await stockOf(productId), { onHand: 3, reserved: 0 })
  await atOnce(8, () => inventory.returnStock({ orderId }))
  t.same(await stockOf(productId), { onHand: 5, reserved: 0 })
  await checkStockInvariants(t, db)
})

t.test('a reservation and its release at once leave nothing set aside', async t => {
  const productId = await stocked(10)
  const orders = Array.from({ length: 10 }, newId)
  await Promise.all(
    orders.flatMap(orderId => [
      outcomeOf(inventory.reserveStock({ orderId, items: [{ productId, quantity: 1 }] })),
      inventory.releaseReservation({ orderId })
    ])
  )
  t.same(await stockOf(productId), { onHand: 10, reserved: 0 })
  for (const orderId of orders) {
    const late = await outcomeOf(inventory.reserveStock({ orderId, items: [{ productId, quantity: 1 }] }))
    t.equal(late?.reason, 'RESERVATION_CLOSED')
  }
  await checkStockInvariants(t, db)
})

t.test('stock counted out while orders reserve it is never promised twice', async t => {
  const productId = await stocked(20)
  const outcomes = await atOnce(20, async () => [
    await outcomeOf(inventory.reserveStock({ orderId: newId(), items: [{ productId, quantity: 1 }] })),
    await outcomeOf(operator.adjustStock({ productId, delta: -1 }))
  ])
  const done = outcomes.flat().filter(outcome => outcome === null)
  t.equal(done.length, 20)
  t.ok(outcomes.flat().every(outcome => outcome === null || outcome.reason === 'INSUFFICIENT_STOCK'))
  await checkStockInvariants(t, db)
})
