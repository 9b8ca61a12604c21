import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { eventually } from '../eventually.ts'
import { recordMetrics } from '../metrics.ts'
import { collectSpans, type Span } from '../spans.ts'
import { customerOf, orderOf, startShop } from './shop.ts'

const spans = collectSpans()
const measured = recordMetrics()

t.beforeEach(() => {
  spans.length = 0
})

/** The spans of the trace that holds the flow of an order. */
function traceOf(orderId: string): Span[] {
  const traces = new Set(spans.filter(({ attributes }) => attributes['order.id'] === orderId).map(traceIdOf))
  return spans.filter(span => traces.has(traceIdOf(span)))
}

function traceIdOf(span: Span): string {
  return span.spanContext().traceId
}

t.test('an order is one trace, over all services', async t => {
  const shop = await startShop(t)
  const { orders } = await customerOf(shop.orders!, shop.payment)
  const { orderId } = await orders.createOrder(orderOf(await shop.addProduct()))
  const names = [
    ...['shop.order.v1.OrderService/CreateOrder', 'order.create', 'saga.validate_and_calculate', 'saga.create_order'],
    ...['shop.product.v1.ProductService/BatchGetProducts', 'saga.order.execute', 'order.update_status'],
    ...['saga.reserve_inventory', 'shop.inventory.v1.InventoryService/ReserveStock', 'inventory.reserve'],
    ...['saga.process_payment', 'shop.payment.v1.PaymentService/ProcessPayment', 'payment.process'],
    ...['payment.gateway.call', 'saga.confirm_inventory', 'inventory.confirm']
  ]
  await eventually(async () => spans.some(({ name }) => name === 'saga.order.execute'))
  const trace = traceOf(orderId)
  t.equal(new Set(trace.map(traceIdOf)).size, 1)
  t.strictSame(
    names.filter(name => !trace.some(span => span.name === name)),
    [],
    'nothing is missing'
  )
  t.equal(trace.filter(span => span.parentSpanContext === undefined).length, 1, 'and all of it hangs together')
  const flow = trace.find(({ name }) => name === 'saga.order.execute')
  const steps = flow?.events.map(({ name }) => name)
  t.strictSame(steps, ['reserve_inventory', 'process_payment', 'confirm_inventory'])
})

t.test('the trace of an order goes on where another process goes on with it', async t => {
  const shop = await startShop(t, { order: { inlineBudgetMs: 200 } })
  const { orders } = await customerOf(shop.orders!, shop.payment)
  shop.wire.before = rpc => {
    if (rpc === 'confirmReservation') throw new ConnectError('away', Code.Unavailable)
  }
  const { orderId } = await orders.createOrder(orderOf(await shop.addProduct()))
  await shop.orders!.close()
  const [before] = traceOf(orderId)
  spans.length = 0
  shop.wire.before = undefined
  await shop.startOrders()
  const confirmed = await eventually(async () => spans.find(({ name }) => name === 'saga.order.execute'))
  t.equal(traceIdOf(confirmed!), traceIdOf(before!))
  t.ok(traceOf(orderId).some(({ name }) => name === 'inventory.confirm'))
})

/** What a counter has counted of a status so far. */
async function counted(name: string, status: string): Promise<number> {
  const points = await measured(name)
  return points.reduce((sum, { attributes, value }) => sum + (attributes.status === status ? Number(value) : 0), 0)
}

t.test('orders are counted by what became of them', async t => {
  const shop = await startShop(t)
  const { orders } = await customerOf(shop.orders!, shop.payment)
  const counters = [
    ['order.create.count', 'confirmed'],
    ['order.create.count', 'awaiting_payment'],
    ['order.status.count', 'paid'],
    ['order.status.count', 'confirmed'],
    ['payment.process.count', 'succeeded'],
    ['payment.process.count', 'declined']
  ] as const
  const count = () => Promise.all(counters.map(([name, status]) => counted(name, status)))
  const before = await count()
  const productId = await shop.addProduct()
  await orders.createOrder(orderOf(productId))
  await orders.createOrder(orderOf(productId, { paymentToken: 'tok_declined' }))
  const after = await count()
  t.strictSame(
    after.map((value, index) => value - before[index]!),
    [1, 1, 1, 1, 1, 1]
  )
  t.match(await measured('saga.compensation.stuck'), [{ value: 0 }])
})

t.test('no token of a means of payment stands in a span', async t => {
  const shop = await startShop(t)
  const { orders } = await customerOf(shop.orders!, shop.payment)
  await orders.createOrder(orderOf(await shop.addProduct(), { paymentToken: 'tok_insufficient_funds' }))
  const told = JSON.stringify(
    spans.map(({ name, attributes, events, status }) => ({ name, attributes, events, status }))
  )
  t.notMatch(told, 'tok_insufficient_funds')
  const kept = await shop.query('orders', 'SELECT payment_token FROM payment_attempts')
  t.strictSame(kept, [{ payment_token: null }], 'nor in the database, once it was used')
})
