// What a client is told when it asks for what it cannot have, from the outside of the whole shop.
import t from 'tap'
import type { CallGateway } from './client.ts'
import { signUp, startShop } from './shop.ts'

const { call } = await startShop(t)
const token = await signUp(call, 'alice')
const product = (await call('GET', '/api/v1/products?page_size=1')).body.products[0]

function order(call: CallGateway, token: string, item: object) {
  return call('POST', '/api/v1/orders', { token, body: { items: [item], payment_method: 'credit_card' } })
}

t.test('without a token: 401 that says what is missing', async t => {
  const { status, body, headers } = await call('GET', '/api/v1/users/me')
  t.equal(status, 401)
  t.match(body, { error: 'missing authorization header', code: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING' })
  t.match(headers.get('www-authenticate'), /^Bearer/)
})

t.test('with something else than a bearer token: 401 that says so', async t => {
  const { status, body } = await call('GET', '/api/v1/users/me', { headers: { authorization: 'Basic abc' } })
  t.equal(status, 401)
  t.equal(body.error, 'invalid authorization header format')
})

t.test("with a token of somebody else's making: 401", async t => {
  const { status, body } = await call('GET', '/api/v1/users/me', { token: `${token.slice(0, -4)}AAAA` })
  t.equal(status, 401)
  t.equal(body.error, 'invalid token')
})

t.test("a customer on an operator's route: 403", async t => {
  const { status, body } = await call('GET', '/api/v1/admin/orders', { token })
  t.equal(status, 403)
  t.match(body, { code: 'PERMISSION_DENIED', reason: 'ROLE_REQUIRED' })
})

t.test("another user's order: 404, as if it did not exist", async t => {
  const { body: created } = await order(call, token, { product_id: product.id, quantity: 1 })
  const other = await signUp(call, 'bob')
  const { status, body } = await call('GET', `/api/v1/orders/${created.order_id}`, { token: other })
  t.equal(status, 404)
  t.match(body, { error: 'order not found', code: 'NOT_FOUND', reason: 'ORDER_NOT_FOUND' })
})

t.test('a misspelt field: 400 that names it and the one that was meant', async t => {
  const { status, body } = await order(call, token, { product_id: product.id, quantitty: 1 })
  t.equal(status, 400)
  t.match(body, { code: 'INVALID_ARGUMENT', reason: 'UNKNOWN_FIELD' })
  t.match(body.error, /quantitty.*quantity/)
})

t.test('a value out of range: 400 that names the field', async t => {
  const { status, body } = await order(call, token, { product_id: product.id, quantity: 1000 })
  t.equal(status, 400)
  t.equal(body.reason, 'VALIDATION_FAILED')
  t.match(JSON.stringify(body.details), /items\[0\]\.quantity/)
})

t.test('an amount of money beyond what JSON numbers hold: 400, never rounded', async t => {
  const body = `{"order_id":"${product.id}","amount":{"currency_code":"USD","amount_minor":9007199254740993}}`
  const answer = await call('POST', '/api/v1/payments', { token, body })
  t.equal(answer.status, 400)
  t.match(JSON.stringify(answer.body), /amount_minor/)
})

t.test("somebody else's user_id in the body: 400", async t => {
  const body = { user_id: product.id, items: [{ product_id: product.id, quantity: 1 }], payment_method: 'paypal' }
  const answer = await call('POST', '/api/v1/orders', { token, body })
  t.equal(answer.status, 400)
  t.match(answer.body.error, /user_id/)
})

t.test('more than there is in stock: 409 that says which product and how many there are', async t => {
  const { body: page } = await call('GET', '/api/v1/products?page_size=100')
  const scarce = page.products.find((each: { stock: number }) => each.stock < 999)
  const { status, body } = await order(call, token, { product_id: scarce.id, quantity: scarce.stock + 1 })
  t.equal(status, 409)
  t.equal(body.reason, 'INSUFFICIENT_STOCK')
  t.match(JSON.stringify(body.details), new RegExp(scarce.id))
})

t.test('the same key twice: the same order; the same key for another order: 422', async t => {
  const headers = { 'idempotency-key': 'one-order-only' }
  const body = { items: [{ product_id: product.id, quantity: 1 }], payment_method: 'credit_card' }
  const first = await call('POST', '/api/v1/orders', { token, body, headers })
  const second = await call('POST', '/api/v1/orders', { token, body, headers })
  t.equal(first.status, 201)
  t.equal(second.status, 201)
  t.equal(second.body.order_id, first.body.order_id)
  t.equal(second.headers.get('idempotency-replayed'), 'true')
  const other = { ...body, payment_method: 'paypal' }
  const third = await call('POST', '/api/v1/orders', { token, body: other, headers })
  t.equal(third.status, 422)
  t.equal(third.body.reason, 'IDEMPOTENCY_KEY_REUSED')
})

t.test('nothing internal has a route', async t => {
  for (const path of [
    '/shop.inventory.v1.InventoryService/ReserveStock',
    '/api/v1/inventory',
    '/api/v1/payments/process'
  ]) {
    const { status, body } = await call('POST', path, { token, body: {} })
    t.ok(status === 404 || status === 405, `${path}: ${status}`)
    t.ok(body.error)
  }
})
