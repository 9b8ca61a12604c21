import t from 'tap'
import { eventually } from '../backends/eventually.ts'
import { type EventReader, openEvents } from './event-stream.ts'
import { type Shop, signUp, startShop } from './shop.ts'

const shop = await startShop(t)
const { body: page } = await shop.call('GET', '/api/v1/products?page_size=1')
const productId: string = page.products[0].id

/** A customer with an order that awaits payment: it has two events. */
async function unpaidOrder(username: string) {
  const token = await signUp(shop.call, username)
  const { body: order } = await shop.call('POST', '/api/v1/orders', {
    token,
    body: { items: [{ product_id: productId, quantity: 1 }], payment_method: 'credit_card', auto_pay: false }
  })
  const orderId: string = order.order_id
  return {
    token,
    orderId,
    watch: (lastEventId?: string) =>
      openEvents(eventsUrl(shop, orderId), { token, ...(lastEventId && { lastEventId }) }),
    pay: () => shop.call('POST', '/api/v1/payments', { token, body: { order_id: orderId } }),
    cancel: () => shop.call('POST', `/api/v1/orders/${orderId}/cancel`, { token, body: {} })
  }
}

function eventsUrl({ url }: Shop, orderId: string): string {
  return `${url}/api/v1/orders/${orderId}/events`
}

async function idsOf(reader: EventReader, count: number): Promise<(string | undefined)[]> {
  const ids: (string | undefined)[] = []
  while (ids.length < count) ids.push((await reader.next())?.id)
  return ids
}

t.test('a client sees the events of an order as they happen', async t => {
  const { orderId, watch, pay } = await unpaidOrder('ann')
  const reader = await watch()
  t.equal(reader.response.statusCode, 200)
  t.match(reader.response.headers['content-type'], /^text\/event-stream/)
  t.match(await reader.next(), {
    id: '1',
    event: 'order.status',
    data: { order_id: orderId, seq: '1', status: 'pending', reason: '' }
  })
  t.match(await reader.next(), { id: '2', data: { from_status: 'pending', status: 'awaiting_payment' } })
  t.equal((await pay()).status, 201)
  t.match(await reader.next(), { id: '3', event: 'order.status', data: { status: 'paid' } })
  t.match(await reader.next(), { id: '4', event: 'order.status', data: { status: 'confirmed' } })
  reader.leave()
})

t.test('a client that was cut off comes back with the last id, and has missed nothing', async t => {
  const { watch, pay, cancel } = await unpaidOrder('bob')
  const first = await watch()
  t.strictSame(await idsOf(first, 2), ['1', '2'])
  first.leave()
  await pay()
  const second = await watch('2')
  t.strictSame(await idsOf(second, 2), ['3', '4'])
  await cancel()
  t.strictSame(await idsOf(second, 2), ['5', '6'])
  t.equal(await second.next(), undefined, 'the last change ends the stream')
  const third = await watch('6')
  t.equal(third.response.statusCode, 204, 'and a client that comes back all the same is told to stay away')
})

t.test('a stream is open before there is anything to see', async t => {
  const { watch, pay } = await unpaidOrder('cleo')
  const reader = await watch('2')
  t.equal(reader.response.statusCode, 200)
  await pay()
  t.strictSame(await idsOf(reader, 2), ['3', '4'])
  reader.leave()
})

t.test("another's order, a missing token, one stream too many: refused with a status of its own", async t => {
  const { orderId, token, watch } = await unpaidOrder('dora')
  const stranger = await signUp(shop.call, 'eve')
  const path = `/api/v1/orders/${orderId}/events`
  const headers = { accept: 'text/event-stream' }
  const hidden = await shop.call('GET', path, { token: stranger, headers })
  t.match(hidden, { status: 404, body: { reason: 'ORDER_NOT_FOUND' } })
  t.match(await shop.call('GET', path, { headers }), { status: 401, body: { reason: 'TOKEN_MISSING' } })
  const readers = await Promise.all(Array.from({ length: 5 }, () => watch()))
  const sixth = await shop.call('GET', path, { token, headers })
  t.match(sixth, { status: 429, body: { code: 'RESOURCE_EXHAUSTED', reason: 'TOO_MANY_STREAMS' } })
  readers[0]!.leave()
  const next = await eventually(async () => {
    const reader = await watch()
    return reader.response.statusCode === 200 && reader
  })
  for (const reader of [next, ...readers]) if (reader) reader.leave()
})

t.test('without asking for events, a client reads a line of JSON for each', async t => {
  const { orderId, token, cancel } = await unpaidOrder('fay')
  await cancel()
  const response = await fetch(eventsUrl(shop, orderId), { headers: { authorization: `Bearer ${token}` } })
  const lines = (await response.text()).trimEnd().split('\n')
  t.strictSame(
    lines.map(line => JSON.parse(line).seq),
    ['1', '2', '3', '4']
  )
})
