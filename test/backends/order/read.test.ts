import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import { Code } from '@connectrpc/connect'
import t from 'tap'
import { newId } from '../../../backends/shared/ids.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { OrderStatus } from '../../../gen/shop/order/v1/order_pb.ts'
import { refusalOf } from '../helper.ts'
import { customerOf, orderOf, startShop } from './shop.ts'

const shop = await startShop(t)
const productId = await shop.addProduct()
const customer = () => customerOf(shop.orders!, shop.payment)
const operator = () => customerOf(shop.orders!, shop.payment, { roles: ['operator'] })

t.test("a user sees an own order and nobody else's", async t => {
  const { orders } = await customer()
  const { orderId } = await orders.createOrder(orderOf(productId))
  t.match(await orders.getOrder({ orderId }), { id: orderId, etag: /^"\d+"$/ })
  const stranger = await customer()
  const calls = [() => stranger.orders.getOrder({ orderId }), () => stranger.orders.listOrderEvents({ orderId })]
  for (const call of calls) {
    const error = await refusalOf(call())
    t.equal(error.code, Code.NotFound)
    t.equal(reasonOf(error), 'ORDER_NOT_FOUND')
  }
  t.equal((await (await operator()).orders.getOrder({ orderId })).id, orderId)
})

t.test("a list holds the caller's own orders, newest first, each once while others are made", async t => {
  const { orders } = await customer()
  const ids: string[] = []
  for (let n = 0; n < 5; n++) ids.unshift((await orders.createOrder(orderOf(productId))).orderId)
  await (await customer()).orders.createOrder(orderOf(productId))
  const seen: string[] = []
  let pageToken: string | undefined
  do {
    const page = await orders.listOrders({ pageSize: 2, ...(pageToken === undefined ? {} : { pageToken }) })
    if (pageToken === undefined) t.match(page, { page: 1, pageSize: 2, totalSize: 5 })
    seen.push(...page.orders.map(order => order.id))
    t.ok(page.orders.every(order => order.items.length === 1))
    await orders.createOrder(orderOf(productId))
    pageToken = page.nextPageToken || undefined
  } while (pageToken !== undefined)
  t.strictSame(seen, ids)
})

t.test('a list can be narrowed by status and time', async t => {
  const { orders } = await customer()
  const { orderId: paid } = await orders.createOrder(orderOf(productId))
  const { orderId: unpaid, order } = await orders.createOrder({ ...orderOf(productId), autoPay: false })
  const idsOf = async (filter: Parameters<typeof orders.listOrders>[0]) =>
    (await orders.listOrders(filter)).orders.map(order => order.id)
  t.strictSame(await idsOf({ status: OrderStatus.AWAITING_PAYMENT }), [unpaid])
  t.strictSame(await idsOf({ createdBefore: order!.createdAt! }), [paid])
  t.strictSame(await idsOf({ createdAfter: timestampFromDate(new Date(Date.now() + 60_000)) }), [])
})

t.test('operators list the orders of all, or of one', async t => {
  const { orders, userId } = await customer()
  const { orderId } = await orders.createOrder(orderOf(productId))
  const staff = await operator()
  const { orders: ofOne } = await staff.orders.listAllOrders({ userId })
  t.strictSame(
    ofOne.map(order => order.id),
    [orderId]
  )
  const { orders: all } = await staff.orders.listAllOrders({ pageSize: 1 })
  t.strictSame(
    all.map(order => order.id),
    [orderId],
    'the newest first'
  )
  t.equal((await refusalOf(orders.listAllOrders({}))).code, Code.PermissionDenied)
})

t.test('an order that does not exist is not found', async t => {
  const { orders } = await customer()
  t.equal(reasonOf(await refusalOf(orders.getOrder({ orderId: newId() }))), 'ORDER_NOT_FOUND')
})
