import t from 'tap'
import { catalogue } from '../../../backends/catalogue.ts'
import { seedStock } from '../../../backends/inventory/seed.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { checkStockInvariants } from './invariants.ts'
import { openWarehouse } from './warehouse.ts'

t.test('every product of the sample catalogue has stock, and its movements say where from', async t => {
  const { inventory, db } = await openWarehouse(t, { seedCatalogue: true })
  const { stocks } = await inventory.batchGetStock({ productIds: catalogue.map(({ id }) => id) })
  const onHand = new Map(stocks.map(stock => [stock.productId, stock.onHand]))
  t.same(onHand, new Map(catalogue.map(({ id, stock }) => [id, stock])))
  await checkStockInvariants(t, db)
})

t.test('what was sold stays sold when the shop starts again', async t => {
  const { backend, inventory, db } = await openWarehouse(t, { seedCatalogue: true })
  const { id: productId, stock } = catalogue[0]!
  const orderId = newId()
  await inventory.reserveStock({ orderId, items: [{ productId, quantity: 2 }] })
  await inventory.confirmReservation({ orderId })
  const again = await openWarehouse(t, { seedCatalogue: true, databaseUrl: backend.databaseUrl })
  t.same(await again.stockOf(productId), { onHand: stock - 2, reserved: 0 })
  await checkStockInvariants(t, db)
})

t.test('processes that start together stock the warehouse once', async t => {
  const { db, stockOf } = await openWarehouse(t)
  await Promise.all([seedStock(db), seedStock(db), seedStock(db)])
  const { id, stock } = catalogue[0]!
  t.same(await stockOf(id), { onHand: stock, reserved: 0 })
  await checkStockInvariants(t, db)
})

t.test('a warehouse is empty unless asked otherwise', async t => {
  const { operator } = await openWarehouse(t)
  t.equal((await operator.listStock({})).totalSize, 0)
})
