import { Code } from '@connectrpc/connect'
import { sql } from 'kysely'
import t from 'tap'
import { expireOne } from '../../../backends/inventory/reservations.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { InventoryService, ReservationStatus } from '../../../gen/shop/inventory/v1/inventory_pb.ts'
import { checkStockInvariants } from './invariants.ts'
import { openWarehouse, outcomeOf } from './warehouse.ts'

const { backend, inventory, db, stocked, stockOf, runOut } = await openWarehouse(t)

t.test('all lines are set aside, or none', async t => {
  const [plenty, scarce] = [await stocked(10), await stocked(1)]
  const items = [
    { productId: plenty, quantity: 2 },
    { productId: scarce, quantity: 2 }
  ]
  t.same(await outcomeOf(inventory.reserveStock({ orderId: newId(), items })), {
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
  const other = await outcomeOf(inventory.reserveStock({ orderId, items: [{ productId, quantity: 3 }] }))
  t.equal(other?.reason, 'IDEMPOTENCY_KEY_REUSED')
  await checkStockInvariants(t, db)
})

t.test('an unknown product is refused by name', async t => {
  const productId = newId()
  const refusal = await outcomeOf(inventory.reserveStock({ orderId: newId(), items: [{ productId, quantity: 1 }] }))
  t.match(refusal, { code: Code.NotFound, reason: 'STOCK_NOT_FOUND', metadata: { product_id: productId } })
})

t.test('a sale takes the goods out, once', async t => {
  const productId = await stocked(5)
  const orderId = newId()
  await inventory.reserveStock({ orderId, items: [{ productId, quantity: 2 }] })
  await inventory.confirmReservation({ orderId })
  t.equal((await inventory.confirmReservation({ orderId })).status, ReservationStatus.CONFIRMED)
  t.same(await stockOf(productId), { onHand: 3, reserved: 0 })
  t.equal((await outcomeOf(inventory.releaseReservation({ orderId })))?.reason, 'RESERVATION_CLOSED')
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
  t.equal((await outcomeOf(inventory.confirmReservation({ orderId })))?.reason, 'RESERVATION_CLOSED')
  await checkStockInvariants(t, db)
})

t.test('a reservation that arrives after its release is refused', async t => {
  const productId = await stocked(5)
  const orderId = newId()
  t.equal((await inventory.releaseReservation({ orderId })).status, ReservationStatus.RELEASED)
  const late = await outcomeOf(inventory.reserveStock({ orderId, items: [{ productId, quantity: 2 }] }))
  t.equal(late?.reason, 'RESERVATION_CLOSED')
  t.same(await stockOf(productId), { onHand: 5, reserved: 0 })
  await checkStockInvariants(t, db)
})

t.test('a reservation is kept for 15 minutes unless asked otherwise; more time never makes it less', async t => {
  const orderId = newId()
  const made = await inventory.reserveStock({ orderId, items: [{ productId: await stocked(1), quantity: 1 }] })
  t.equal(made.expiresAt!.seconds - made.createdAt!.seconds, 900n)
  const extended = await inventory.extendReservation({ orderId, ttlSeconds: 60 })
  t.same(extended.expiresAt, made.expiresAt)
  const longer = await inventory.extendReservation({ orderId, ttlSeconds: 3600 })
  t.ok(longer.expiresAt!.seconds > made.expiresAt!.seconds)
})

t.test('a product on two lines is refused', async t => {
  const productId = await stocked(5)
  const items = [productId, productId.toUpperCase()].map(id => ({ productId: id, quantity: 1 }))
  const refusal = await outcomeOf(inventory.reserveStock({ orderId: newId(), items }))
  t.match(refusal, { code: Code.InvalidArgument, reason: 'VALIDATION_FAILED' })
  t.same(await stockOf(productId), { onHand: 5, reserved: 0 })
})

t.test('the stock of many products is read at once, without those that have none', async t => {
  const [one, two] = [await stocked(1), await stocked(2)]
  const { stocks } = await inventory.batchGetStock({ productIds: [one, newId(), two.toUpperCase()] })
  t.same(
    new Map(stocks.map(stock => [stock.productId, stock.available])),
    new Map([
      [one, 1],
      [two, 2]
    ])
  )
})

t.test('only what was sold can be returned', async t => {
  const productId = await stocked(5)
  const orderId = newId()
  t.equal((await outcomeOf(inventory.returnStock({ orderId })))?.reason, 'RESERVATION_CLOSED')
  await inventory.reserveStock({ orderId, items: [{ productId, quantity: 2 }] })
  t.equal((await outcomeOf(inventory.returnStock({ orderId })))?.reason, 'RESERVATION_CLOSED')
  t.same(await stockOf(productId), { onHand: 5, reserved: 2 })
})

t.test('an overdue reservation expires; confirming it takes the stock again while there is some', async t => {
  const productId = await stocked(2)
  const orderId = newId()
  await inventory.reserveStock({ orderId, items: [{ productId, quantity: 2 }] })
  await runOut(orderId)
  t.equal(await expireOne(db), true)
  t.same(await stockOf(productId), { onHand: 2, reserved: 0 })
  t.equal((await outcomeOf(inventory.extendReservation({ orderId, ttlSeconds: 60 })))?.reason, 'RESERVATION_EXPIRED')
  await inventory.confirmReservation({ orderId })
  t.same(await stockOf(productId), { onHand: 0, reserved: 0 })
  const { rows } = await sql`SELECT kind, delta_on_hand, delta_reserved FROM stock_movements
    WHERE order_id = ${orderId} ORDER BY id`.execute(db)
  t.same(rows, [
    { kind: 'reserve', delta_on_hand: 0, delta_reserved: 2 },
    { kind: 'expire', delta_on_hand: 0, delta_reserved: -2 },
    { kind: 'confirm', delta_on_hand: -2, delta_reserved: 0 }
  ])
  await checkStockInvariants(t, db)
})

t.test('an expired reservation of which one line is gone cannot be confirmed, and takes no other line', async t => {
  // Ids grow with time: the line that is still there is looked at first.
  const [plenty, scarce] = [await stocked(10), await stocked(2)]
  const [slow, fast] = [newId(), newId()]
  const items = [plenty, scarce].map(productId => ({ productId, quantity: 2 }))
  await inventory.reserveStock({ orderId: slow, items })
  await runOut(slow)
  await expireOne(db)
  await inventory.reserveStock({ orderId: fast, items: [{ productId: scarce, quantity: 1 }] })
  t.match(await outcomeOf(inventory.confirmReservation({ orderId: slow })), {
    code: Code.FailedPrecondition,
    reason: 'RESERVATION_EXPIRED'
  })
  t.same(await stockOf(plenty), { onHand: 10, reserved: 0 })
  t.same(await stockOf(scarce), { onHand: 2, reserved: 1 })
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

t.test('a user cannot reserve', async t => {
  const admin = backend.client(InventoryService, await backend.userToken(newId(), ['admin']))
  const items = [{ productId: newId(), quantity: 1 }]
  const refusal = await outcomeOf(admin.reserveStock({ orderId: newId(), items }))
  t.equal(refusal?.code, Code.PermissionDenied)
})
