import t from 'tap'
import { EngineError } from '../../../backends/order/engine.ts'
import { OrderStatus } from '../../../gen/shop/order/v1/order_pb.ts'
import { eventually } from '../eventually.ts'
import { customerOf, orderOf, startShop } from './shop.ts'

t.test('a second order service in one process is refused', async t => {
  const shop = await startShop(t)
  await t.rejects(shop.startOrders(), EngineError)
})

t.test('the state of a flow that ended is cleared away in time, and its order stays', async t => {
  const shop = await startShop(t, { order: { sweep: { intervalMs: 50, keepMs: 0 } } })
  const { orders } = await customerOf(shop.orders!, shop.payment)
  const request = orderOf(await shop.addProduct(), { requestId: 'kept' })
  const { orderId } = await orders.createOrder(request)
  await eventually(async () => {
    const states = await shop.query('orders_dbos_sys', 'SELECT 1 FROM dbos.workflow_status')
    return states.length === 0
  })
  t.match(await orders.createOrder(request), { orderId, status: OrderStatus.CONFIRMED })
})
