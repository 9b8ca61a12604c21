import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { build, hang, productIds } from '../helper.ts'

const [first, second] = productIds

function stocksOf({ products }: { products: { id: string; stock: number | null }[] }) {
  return Object.fromEntries(products.map(({ id, stock }) => [id, stock]))
}

t.test('a page of products shows the stock of each, from one call', async t => {
  const { call, upstream } = await build(t)
  const { status, body } = await call('GET', '/api/v1/products')
  t.equal(status, 200)
  t.same(stocksOf(body), { [first!]: 5, [second!]: 6 })
  t.equal(upstream.calls.filter(({ rpc }) => rpc.endsWith('/BatchGetStock')).length, 1)
})

t.test('a product shows its stock', async t => {
  const { call } = await build(t)
  const { body } = await call('GET', `/api/v1/products/${first}`)
  t.match(body, { id: first, price: { currency_code: 'USD', amount_minor: '199' }, status: 'active', stock: 5 })
})

t.test('the page is shown with null for stock while the inventory fails', async t => {
  const { call } = await build(
    t,
    {},
    {
      inventory: {
        batchGetStock() {
          throw new ConnectError('broken', Code.Internal)
        }
      }
    }
  )
  const { status, body } = await call('GET', '/api/v1/products')
  t.equal(status, 200)
  t.same(stocksOf(body), { [first!]: null, [second!]: null })
})

t.test('the page is shown with null for stock while nobody listens for the inventory', async t => {
  const { call } = await build(t, { INVENTORY_SERVICE_URL: 'http://127.0.0.1:1' })
  const { body } = await call('GET', `/api/v1/products/${first}`)
  t.equal(body.stock, null)
})

t.test('a slow inventory holds the page up for its own short deadline only', async t => {
  const { call, upstream } = await build(t, {}, { inventory: { batchGetStock: hang } })
  const startedAt = performance.now()
  const { status, body } = await call('GET', '/api/v1/products')
  t.equal(status, 200)
  t.same(stocksOf(body), { [first!]: null, [second!]: null })
  t.ok(performance.now() - startedAt < 3_000)
  // What is left of half a second when the call leaves.
  const timeout = upstream.calls.find(({ rpc }) => rpc.endsWith('/BatchGetStock'))?.header.get('grpc-timeout') ?? ''
  t.match(timeout, /^\d{1,6}u$/)
  t.ok(Number.parseInt(timeout, 10) <= 500_000)
})

t.test('an empty page asks for no stock', async t => {
  const { call, upstream } = await build(t, {}, { product: { listProducts: () => ({}) } })
  const { body } = await call('GET', '/api/v1/products')
  t.same(body.products, [])
  t.notOk(upstream.calls.some(({ rpc }) => rpc.endsWith('/BatchGetStock')))
})

t.test('the stock is asked for with a token of the gateway itself', async t => {
  const { call, upstream } = await build(t)
  await call('GET', '/api/v1/products')
  const asked = upstream.calls.find(({ rpc }) => rpc.endsWith('/BatchGetStock'))!
  const [, payload = ''] = asked.header.get('authorization')!.split('.')
  t.match(JSON.parse(Buffer.from(payload, 'base64url').toString()), {
    aud: 'internal',
    sub: 'api-gateway',
    iss: 'shop-user-service'
  })
})
