import { Code } from '@connectrpc/connect'
import t from 'tap'
import { newId } from '../../../backends/shared/ids.ts'
import { InventoryService, StockMovementKind } from '../../../gen/shop/inventory/v1/inventory_pb.ts'
import { checkStockInvariants } from './invariants.ts'
import { openWarehouse, outcomeOf } from './warehouse.ts'

const { backend, inventory, operator, db, stocked, stockOf } = await openWarehouse(t)

t.test('an operator counts goods in and out, under the version that was read', async t => {
  const productId = await stocked(5)
  const read = await operator.getStock({ productId })
  const adjusted = await operator.adjustStock({ productId, delta: -2, note: 'broken', etag: read.etag })
  t.match(adjusted, { onHand: 3, reserved: 0, available: 3 })
  t.not(adjusted.etag, read.etag)
  t.match(await outcomeOf(operator.adjustStock({ productId, delta: 1, etag: read.etag })), {
    code: Code.Aborted,
    reason: 'ETAG_MISMATCH'
  })
  await checkStockInvariants(t, db)
})

t.test('what is promised to an order cannot be counted out', async t => {
  const productId = await stocked(5)
  await inventory.reserveStock({ orderId: newId(), items: [{ productId, quantity: 3 }] })
  t.same(await outcomeOf(operator.adjustStock({ productId, delta: -3 })), {
    code: Code.FailedPrecondition,
    reason: 'INSUFFICIENT_STOCK',
    metadata: { product_id: productId, requested: '3', available: '2' }
  })
  t.same(await stockOf(productId), { onHand: 5, reserved: 3 })
  await checkStockInvariants(t, db)
})

t.test('an adjustment of nothing, or beyond what can be counted, is refused', async t => {
  const productId = await stocked(1_999_999_999)
  const refusal = { code: Code.InvalidArgument, reason: 'VALIDATION_FAILED' }
  t.match(await outcomeOf(operator.adjustStock({ productId, delta: 0 })), refusal)
  t.match(await outcomeOf(operator.adjustStock({ productId, delta: 2 })), refusal)
  t.same(await stockOf(productId), { onHand: 1_999_999_999, reserved: 0 })
})

t.test('the same adjustment under the same key counts once, even many times at once', async t => {
  const productId = await stocked(5)
  const request = { productId, delta: 10, requestId: 'delivery-1' }
  const replayed: (string | null)[] = []
  const onHeader = (headers: Headers) => {
    replayed.push(headers.get('idempotency-replayed'))
  }
  await Promise.all(Array.from({ length: 8 }, () => operator.adjustStock(request, { onHeader })))
  t.same(await stockOf(productId), { onHand: 15, reserved: 0 })
  t.equal(replayed.filter(mark => mark === 'true').length, 7)
  t.match(await outcomeOf(operator.adjustStock({ ...request, delta: 11 })), {
    code: Code.InvalidArgument,
    reason: 'IDEMPOTENCY_KEY_REUSED'
  })
  await checkStockInvariants(t, db)
})

t.test('two operators may use the same key', async t => {
  const productId = await stocked(5)
  const colleague = backend.client(InventoryService, await backend.userToken(newId(), ['operator']))
  for (const caller of [operator, colleague]) await caller.adjustStock({ productId, delta: 1, requestId: 'same-key' })
  t.same(await stockOf(productId), { onHand: 7, reserved: 0 })
})

t.test('a refused adjustment does not use up its key', async t => {
  const productId = await stocked(1)
  const request = { productId, delta: -2, requestId: 'count-1' }
  t.equal((await outcomeOf(operator.adjustStock(request)))?.reason, 'INSUFFICIENT_STOCK')
  await operator.adjustStock({ productId, delta: 1 })
  t.equal((await operator.adjustStock(request)).onHand, 0)
})

t.test('stock is low from its threshold downwards', async t => {
  const productId = await stocked(5)
  const high = await operator.updateStockSettings({ productId, reorderThreshold: 4 })
  t.match(high, { reorderThreshold: 4, lowStock: false })
  const low = await operator.adjustStock({ productId, delta: -1 })
  t.equal(low.lowStock, true)
  const change = { productId, reorderThreshold: 0, etag: high.etag }
  t.equal((await outcomeOf(operator.updateStockSettings(change)))?.reason, 'ETAG_MISMATCH')
})

t.test('pages by token show all low stock once, and nothing else', async t => {
  const low = await Promise.all([stocked(0), stocked(0), stocked(0)])
  const high = await stocked(50)
  const seen: string[] = []
  let pageToken = ''
  do {
    const request = { lowStockOnly: true, pageSize: 2, ...(pageToken && { pageToken }) }
    const page = await operator.listStock(request)
    seen.push(...page.stocks.map(stock => stock.productId))
    pageToken = page.nextPageToken
  } while (pageToken)
  t.equal(new Set(seen).size, seen.length)
  for (const productId of low) t.ok(seen.includes(productId))
  t.notOk(seen.includes(high))
  t.ok((await operator.listStock({ pageSize: 100 })).stocks.some(stock => stock.productId === high))
})

t.test('every movement of a product is kept, newest first', async t => {
  const productId = await stocked(5)
  const orderId = newId()
  await inventory.reserveStock({ orderId, items: [{ productId, quantity: 2 }] })
  await inventory.releaseReservation({ orderId, reason: 'declined' })
  const newest = await operator.listStockMovements({ productId, pageSize: 2 })
  t.equal(newest.totalSize, 3)
  t.match(newest.movements, [
    { kind: StockMovementKind.RELEASE, deltaOnHand: 0, deltaReserved: -2, orderId, note: 'declined' },
    { kind: StockMovementKind.RESERVE, deltaOnHand: 0, deltaReserved: 2, orderId }
  ])
  const older = await operator.listStockMovements({ productId, pageSize: 2, pageToken: newest.nextPageToken })
  t.match(older.movements, [{ kind: StockMovementKind.ADJUST, deltaOnHand: 5 }])
  t.equal(older.nextPageToken, '')
})

t.test('a product without stock is not found', async t => {
  const productId = newId()
  const calls = [
    () => operator.getStock({ productId }),
    () => operator.adjustStock({ productId, delta: 1 }),
    () => operator.updateStockSettings({ productId, reorderThreshold: 1 })
  ]
  for (const call of calls) t.match(await outcomeOf(call()), { code: Code.NotFound, reason: 'STOCK_NOT_FOUND' })
})

t.test('customers can neither see nor change the stock', async t => {
  const customer = backend.client(InventoryService, await backend.userToken(newId()))
  const productId = await stocked(1)
  const calls = [() => customer.getStock({ productId }), () => customer.adjustStock({ productId, delta: 1 })]
  for (const call of calls) {
    t.match(await outcomeOf(call()), { code: Code.PermissionDenied, reason: 'ROLE_REQUIRED' })
  }
})
