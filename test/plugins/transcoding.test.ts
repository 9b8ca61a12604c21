import t from 'tap'
import { build, orderId, productIds, signToken, userId } from '../helper.ts'

const order = { items: [{ product_id: productIds[0], quantity: 2 }], payment_method: 'credit_card' }

t.test('a rule becomes a route: path, success status and snake_case JSON', async t => {
  const { call } = await build(t)
  const { status, body } = await call('POST', '/api/v1/orders', { body: order, token: await signToken() })
  t.equal(status, 201)
  t.match(body, { order_id: orderId, status: 'confirmed' })
})

t.test('a claim of the token is bound into the request', async t => {
  const { call } = await build(t)
  const { body } = await call('POST', '/api/v1/orders', { body: order, token: await signToken() })
  t.equal(body.order.user_id, userId)
})

t.test('a body cannot say what the token says', async t => {
  const { call, upstream } = await build(t)
  const forged = { ...order, user_id: '0198c2d4-0000-7000-8000-00000000dead' }
  const { status, body } = await call('POST', '/api/v1/orders', { body: forged, token: await signToken() })
  t.equal(status, 400)
  t.match(body, { reason: 'BOUND_FIELD', details: [{}, { field_violations: [{ field: 'user_id' }] }] })
  t.same(upstream.calls, [])
})

t.test('a bad body is 400 that names the field, and the service is not asked', async t => {
  const { call, upstream } = await build(t)
  const { status, body } = await call('POST', '/api/v1/orders', {
    body: { ...order, payment_methd: 'credit_card' },
    token: await signToken()
  })
  t.equal(status, 400)
  t.match(body, { code: 'INVALID_ARGUMENT', reason: 'UNKNOWN_FIELD' })
  t.match(body.error, /payment_methd.*payment_method/)
  t.match(body.details[1].field_violations, [{ field: 'payment_methd' }])
  t.same(upstream.calls, [])
})

t.test('JSON is read strictly: a key that comes twice is 400', async t => {
  const { call } = await build(t)
  const { status, body } = await call('POST', '/api/v1/users/login', { body: '{"email":"a@b.c","email":"d@e.f"}' })
  t.equal(status, 400)
  t.equal(body.reason, 'DUPLICATE_KEY')
})

t.test('a GET with a body is 400', async t => {
  const { gateway } = await build(t)
  const { statusCode, body } = await gateway.inject({
    method: 'GET',
    url: '/api/v1/products',
    headers: { 'content-type': 'application/json' },
    payload: '{}'
  })
  t.equal(statusCode, 400)
  t.equal(JSON.parse(body).reason, 'UNEXPECTED_BODY')
})

t.test('the Idempotency-Key header becomes the request field, bare or quoted', async t => {
  const keys: (string | undefined)[] = []
  const { call } = await build(
    t,
    {},
    {
      order: {
        createOrder(request) {
          keys.push(request.requestId)
          return {}
        }
      }
    }
  )
  const token = await signToken()
  for (const key of ['abc-1', '"abc-1"']) {
    await call('POST', '/api/v1/orders', { body: order, token, headers: { 'idempotency-key': key } })
  }
  t.same(keys, ['abc-1', 'abc-1'])
})

t.test('an Idempotency-Key that is none is 400', async t => {
  const { call } = await build(t)
  const headers = { 'idempotency-key': 'a key' }
  const { status, body } = await call('POST', '/api/v1/orders', { body: order, token: await signToken(), headers })
  t.equal(status, 400)
  t.equal(body.reason, 'IDEMPOTENCY_KEY_INVALID')
})

t.test('If-Match becomes the etag of the request', async t => {
  let etag: string | undefined
  const { call } = await build(
    t,
    {},
    {
      order: {
        cancelOrder(request) {
          etag = request.etag
          return {}
        }
      }
    }
  )
  const headers = { 'if-match': '"7"' }
  const { status } = await call('POST', `/api/v1/orders/${orderId}/cancel`, { token: await signToken(), headers })
  t.equal(status, 200)
  t.equal(etag, '"7"')
})

t.test('the etag of a resource is its ETag header', async t => {
  const { call } = await build(t)
  const { headers, body } = await call('GET', `/api/v1/orders/${orderId}`, { token: await signToken() })
  t.equal(headers.get('etag'), '"7"')
  t.equal(body.etag, '"7"')
})

t.test('Idempotency-Replayed of the service reaches the client', async t => {
  const { call } = await build(
    t,
    {},
    {
      order: {
        createOrder(_request, context) {
          context.responseHeader.set('idempotency-replayed', 'true')
          return {}
        }
      }
    }
  )
  const { headers } = await call('POST', '/api/v1/orders', { body: order, token: await signToken() })
  t.equal(headers.get('idempotency-replayed'), 'true')
})

t.test('a path is matched as it was sent: an encoded slash stays in its segment', async t => {
  const ids: string[] = []
  const { call } = await build(
    t,
    {},
    {
      product: {
        getProduct({ productId }) {
          ids.push(productId)
          return {}
        }
      }
    }
  )
  await call('GET', '/api/v1/products/a%2Fb')
  t.same(ids, ['a/b'])
})

t.test('an rpc for services has no route', async t => {
  const { gateway } = await build(t)
  const routes = gateway.printRoutes({ commonPrefix: false })
  t.match(routes, 'orders')
  t.notMatch(routes, /[Bb]atch/)
})

t.test('HEAD answers as GET does, without the body', async t => {
  const { call } = await build(t)
  const { status, text } = await call('HEAD', '/api/v1/products')
  t.equal(status, 200)
  t.equal(text, '')
})
