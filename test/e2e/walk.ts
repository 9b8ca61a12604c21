// The walk of a customer through the shop, as the contract of the services states it. It can be repeated: the second time
// the account exists already.
import assert from 'node:assert/strict'
import type { Answer, CallGateway } from './client.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/
const account = {
  email: 'test@example.com',
  username: 'testuser',
  password: 'password123',
  full_name: 'Test User',
  phone: '1234567890'
}

/** Walks through the shop; calls `done` after each step. Throws an AssertionError at the first answer that is wrong. */
export async function walkThroughShop(call: CallGateway, done: (step: string) => void): Promise<void> {
  await health(call)
  done('GET /health and /ready')
  await register(call)
  done('register, or be told that the email is taken')
  const token = await login(call)
  done('log in')
  await me(call, token)
  done('see who I am')
  const product = await products(call)
  done(`list products: ${product.name}`)
  const orderId = await orderTwo(call, token, product)
  done(`order two of it: ${orderId}`)
  await seeOrder(call, token, orderId, product)
  done('see the order, alone and in the list')
  await payLater(call, token, product)
  done('order now, pay later')
  await declinedThenPaid(call, token, product)
  done('be declined, then pay by other means')
}

async function health(call: CallGateway) {
  assert.equal((await call('GET', '/health')).status, 200)
  const ready = await call('GET', '/ready')
  assert.equal(ready.status, 200, JSON.stringify(ready.body))
}

async function register(call: CallGateway) {
  const { status, body } = await call('POST', '/api/v1/users/register', { body: account })
  if (status === 409) {
    assert.equal(body.code, 'ALREADY_EXISTS')
    assert.equal(body.reason, 'EMAIL_TAKEN')
    return
  }
  assert.equal(status, 201, JSON.stringify(body))
  assertUser(body)
}

async function login(call: CallGateway): Promise<string> {
  const { status, body } = await call('POST', '/api/v1/users/login', {
    body: { email: account.email, password: account.password }
  })
  assert.equal(status, 200, JSON.stringify(body))
  assert.equal(body.token_type, 'Bearer')
  assert.match(body.expires_at, timestamp)
  assert.ok(body.refresh_token)
  assertUser(body.user)
  return body.token
}

async function me(call: CallGateway, token: string) {
  const { status, body } = await call('GET', '/api/v1/users/me', { token })
  assert.equal(status, 200)
  assertUser(body)
}

function assertUser(user: Answer['body']) {
  const { email, username, full_name, phone } = account
  assert.match(user.id, uuid)
  assert.deepEqual(
    { email: user.email, username: user.username, full_name: user.full_name, phone: user.phone },
    { email, username, full_name, phone }
  )
  assert.equal(user.status, 'active')
  assert.deepEqual(user.roles, ['customer'])
  assert.match(user.created_at, timestamp)
  assert.ok(!('password' in user) && !('password_hash' in user))
}

async function products(call: CallGateway) {
  const { status, body } = await call('GET', '/api/v1/products?page=1&page_size=10')
  assert.equal(status, 200)
  assert.deepEqual(Object.keys(body), ['products', 'page', 'page_size', 'total_size', 'next_page_token'])
  assert.equal(body.products.length, 10)
  assert.equal(body.page, 1)
  assert.equal(body.page_size, 10)
  assert.ok(body.total_size >= 30)
  const [product] = body.products
  assert.match(product.id, uuid)
  assert.equal(product.status, 'active')
  assert.match(product.price.amount_minor, /^[1-9]\d*$/)
  assert.ok(Number.isInteger(product.stock) && product.stock >= 2, `stock of the first product: ${product.stock}`)
  const one = await call('GET', `/api/v1/products/${product.id}`)
  assert.equal(one.status, 200)
  assert.equal(one.body.id, product.id)
  return product
}

async function orderTwo(call: CallGateway, token: string, product: Answer['body']): Promise<string> {
  const { status, body } = await call('POST', '/api/v1/orders', {
    token,
    body: { items: [{ product_id: product.id, quantity: 2 }], payment_method: 'credit_card' }
  })
  assert.equal(status, 201, JSON.stringify(body))
  assert.equal(body.status, 'confirmed')
  assert.equal(body.order.id, body.order_id)
  return body.order_id
}

async function seeOrder(call: CallGateway, token: string, orderId: string, product: Answer['body']) {
  const { status, body, headers } = await call('GET', `/api/v1/orders/${orderId}`, { token })
  assert.equal(status, 200)
  assert.equal(body.status, 'confirmed')
  assert.equal(headers.get('etag'), body.etag)
  assert.equal(body.items.length, 1)
  assert.equal(body.items[0].product_id, product.id)
  assert.equal(body.items[0].quantity, 2)
  assert.equal(BigInt(body.total_amount.amount_minor), 2n * BigInt(product.price.amount_minor))
  assert.match(body.payment_id, uuid)
  const list = await call('GET', '/api/v1/orders', { token })
  assert.equal(list.status, 200)
  assert.equal(list.body.orders[0].id, orderId, 'the newest order comes first')
}

async function payLater(call: CallGateway, token: string, product: Answer['body']) {
  const order = await call('POST', '/api/v1/orders', {
    token,
    body: { items: [{ product_id: product.id, quantity: 1 }], payment_method: 'paypal', auto_pay: false }
  })
  assert.equal(order.status, 201, JSON.stringify(order.body))
  assert.equal(order.body.status, 'awaiting_payment')
  await pay(call, token, order.body)
  const again = await call('POST', '/api/v1/payments', { token, body: { order_id: order.body.order_id } })
  assert.equal(again.status, 409)
  assert.equal(again.body.reason, 'ORDER_ALREADY_PAID')
}

async function declinedThenPaid(call: CallGateway, token: string, product: Answer['body']) {
  const order = await call('POST', '/api/v1/orders', {
    token,
    body: {
      items: [{ product_id: product.id, quantity: 1 }],
      payment_method: 'credit_card',
      payment_token: 'tok_declined'
    }
  })
  assert.equal(order.status, 201, JSON.stringify(order.body))
  assert.equal(order.body.status, 'awaiting_payment')
  assert.ok(order.body.order.failure_reason)
  const declined = await call('POST', '/api/v1/payments', {
    token,
    body: { order_id: order.body.order_id, method: 'credit_card', payment_token: 'tok_insufficient_funds' }
  })
  assert.equal(declined.status, 402, JSON.stringify(declined.body))
  assert.equal(declined.body.reason, 'PAYMENT_DECLINED')
  await pay(call, token, order.body)
}

async function pay(call: CallGateway, token: string, order: Answer['body']) {
  const { status, body } = await call('POST', '/api/v1/payments', {
    token,
    body: { order_id: order.order_id, payment_method: 'debit_card', amount: order.order.total_amount }
  })
  assert.equal(status, 201, JSON.stringify(body))
  assert.equal(body.status, 'succeeded')
  assert.equal(body.order_id, order.order_id)
  assert.deepEqual(body.captured_amount, order.order.total_amount)
  const paid = await call('GET', `/api/v1/orders/${order.order_id}`, { token })
  assert.equal(paid.body.status, 'confirmed')
}
