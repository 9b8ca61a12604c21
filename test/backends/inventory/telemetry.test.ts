import t from 'tap'
import { newId } from '../../../backends/shared/ids.ts'
import { recordMetrics } from '../metrics.ts'
import { collectSpans } from '../spans.ts'
import { openWarehouse, outcomeOf } from './warehouse.ts'

const spans = collectSpans()
const measured = recordMetrics()
const { inventory, stocked } = await openWarehouse(t)

t.test('the steps of a reservation are traced by their order, and counted by how they ended', async t => {
  const productId = await stocked(5)
  const [sold, released] = [newId(), newId()]
  const items = [{ productId, quantity: 2 }]
  await inventory.reserveStock({ orderId: sold, items })
  await inventory.reserveStock({ orderId: released, items })
  await outcomeOf(inventory.reserveStock({ orderId: newId(), items }))
  await inventory.confirmReservation({ orderId: sold })
  await inventory.releaseReservation({ orderId: released })
  await outcomeOf(inventory.releaseReservation({ orderId: sold }))

  const attributesOf = (name: string) => spans.find(span => span.name === name)?.attributes
  t.match(attributesOf('inventory.reserve'), { 'order.id': sold, 'items.count': 1, quantity: 2 })
  t.match(attributesOf('inventory.confirm'), { 'order.id': sold })
  t.match(attributesOf('inventory.release'), { 'order.id': released })

  t.same(await measured('inventory.reserve.count'), [
    { attributes: { status: 'success' }, value: 2 },
    { attributes: { status: 'INSUFFICIENT_STOCK' }, value: 1 }
  ])
  t.same(await measured('inventory.confirm.count'), [{ attributes: { status: 'success' }, value: 1 }])
  t.same(await measured('inventory.release.count'), [
    { attributes: { status: 'success' }, value: 1 },
    { attributes: { status: 'RESERVATION_CLOSED' }, value: 1 }
  ])

  await inventory.reserveStock({ orderId: newId(), items: [{ productId, quantity: 1 }] })
  t.same(await measured('inventory.stock.level'), [
    { attributes: { type: 'available' }, value: 2 },
    { attributes: { type: 'reserved' }, value: 1 }
  ])
})
