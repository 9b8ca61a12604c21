// The events of an order in a real browser, by its own EventSource. That cannot send an Authorization header, and a token in
// a URL would end up in logs; so the page is served as such pages are, by a server of its own that keeps the token.
import { PassThrough } from 'node:stream'
import t from 'tap'
import { drivePage, noBrowser } from '../browser.ts'
import { startSessionServer } from './session-server.ts'
import { signUp, startShop } from './shop.ts'

const pageOf = (orderId: string) => `<!doctype html>
<script>
  const source = new EventSource('/api/v1/orders/${orderId}/events')
  source.onopen = () => tell('open')
  source.onerror = () => tell(source.readyState === EventSource.CLOSED ? 'closed' : 'lost')
  source.addEventListener('order.status', event => tell([event.lastEventId, JSON.parse(event.data).status]))
</script>`

t.test(
  'a page follows an order live, also across a lost connection, until there is nothing more to follow',
  { skip: noBrowser },
  async t => {
    const shop = await startShop(t)
    const token = await signUp(shop.call, 'ann')
    const { body: products } = await shop.call('GET', '/api/v1/products?page_size=1')
    const items = [{ product_id: products.products[0].id, quantity: 1 }]
    const order = { items, payment_method: 'credit_card', auto_pay: false }
    const { body: placed } = await shop.call('POST', '/api/v1/orders', { token, body: order })
    const orderId: string = placed.order_id
    const server = await startSessionServer(t, { gatewayUrl: shop.url, token, page: pageOf(orderId) })
    const tab = await drivePage(t)
    const told = new PassThrough({ objectMode: true })
    await tab.exposeFunction('tell', (what: unknown) => told.write(what))
    const tellings = told[Symbol.asyncIterator]()
    await tab.goto(server.url)

    async function seen(...expected: unknown[]) {
      for (const what of expected) t.strictSame((await tellings.next()).value, what)
    }

    await seen('open', ['1', 'pending'], ['2', 'awaiting_payment'])
    await shop.call('POST', '/api/v1/payments', { token, body: { order_id: orderId } })
    await seen(['3', 'paid'], ['4', 'confirmed'])
    server.cut()
    await seen('lost')
    await shop.call('POST', `/api/v1/orders/${orderId}/cancel`, { token, body: {} })
    server.reconnect()
    await seen('open', ['5', 'cancelling'], ['6', 'cancelled'])
    // The stream has ended; the browser comes back, and is told to stay away.
    await seen('lost', 'closed')
  }
)
