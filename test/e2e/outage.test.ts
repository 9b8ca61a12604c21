import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { signUp, startShop } from './shop.ts'

t.test('a service goes down and comes back: 503 meanwhile, 200 within 11 s of its return', async t => {
  const { call, ...shop } = await startShop(t, { UPSTREAM_WAIT_FOR_READY_MS: '500' })
  await shop.stopService('product')
  for (let request = 0; request < 5; request++) {
    const { status, body, headers } = await call('GET', '/api/v1/categories')
    t.equal(status, 503)
    t.match(body, { error: 'service temporarily unavailable', code: 'UNAVAILABLE' })
    if (body.reason === 'CIRCUIT_OPEN') t.match(headers.get('retry-after'), /^\d+$/)
  }
  t.equal((await call('GET', '/api/v1/categories')).body.reason, 'CIRCUIT_OPEN')

  await shop.startService('product')
  const returned = Date.now()
  let status = 503
  while (status === 503 && Date.now() - returned < 11_000) {
    await delay(100)
    status = (await call('GET', '/api/v1/categories')).status
  }
  t.equal(status, 200)
})

t.test('without the inventory the catalogue still shows, with an unknown stock', async t => {
  const { call, ...shop } = await startShop(t, { UPSTREAM_WAIT_FOR_READY_MS: '500' })
  await shop.stopService('inventory')
  const { status, body } = await call('GET', '/api/v1/products')
  t.equal(status, 200)
  t.ok(body.products.length > 0)
  for (const product of body.products) t.equal(product.stock, null)
  const ready = await call('GET', '/ready')
  t.match(JSON.stringify(ready.body), /inventory/)
  t.equal(ready.status, 200)
})

t.test('without the product service orders are refused, and nothing of them is left', async t => {
  const { call, ...shop } = await startShop(t, { UPSTREAM_WAIT_FOR_READY_MS: '500' })
  const token = await signUp(call, 'carol')
  const { body } = await call('GET', '/api/v1/products?page_size=1')
  await shop.stopService('product')
  const items = [{ product_id: body.products[0].id, quantity: 1 }]
  const answer = await call('POST', '/api/v1/orders', { token, body: { items, payment_method: 'credit_card' } })
  t.equal(answer.status, 503)
  t.same((await call('GET', '/api/v1/orders', { token })).body.orders, [])
})
