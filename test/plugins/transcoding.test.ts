import { clone, create, type DescMethod, setExtension } from '@bufbuild/protobuf'
import { MethodOptionsSchema } from '@bufbuild/protobuf/wkt'
import { Code, ConnectError } from '@connectrpc/connect'
import Fastify from 'fastify'
import t from 'tap'
import { ProductSchema, ProductService } from '../../gen/shop/product/v1/product_pb.ts'
import { Access, PolicySchema, policy } from '../../gen/sluice/v1/policy_pb.ts'
import auth from '../../plugins/auth.ts'
import breaking from '../../plugins/breaking.ts'
import completion from '../../plugins/completion.ts'
import errors from '../../plugins/errors.ts'
import limiting from '../../plugins/limiting.ts'
import metrics from '../../plugins/metrics.ts'
import tracing from '../../plugins/tracing.ts'
import transcoding, { type TranscodeOptions } from '../../plugins/transcoding.ts'
import upstreams from '../../plugins/upstreams.ts'
import { build, orderId, productIds, secret, signToken, userId } from '../helper.ts'

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

t.test('also with a refusal that is replayed', async t => {
  const { call } = await build(
    t,
    {},
    {
      order: {
        createOrder() {
          throw new ConnectError('too few', Code.FailedPrecondition, { 'idempotency-replayed': 'true' })
        }
      }
    }
  )
  const { status, headers } = await call('POST', '/api/v1/orders', { body: order, token: await signToken() })
  t.equal(status, 400)
  t.equal(headers.get('idempotency-replayed'), 'true')
})

t.test('a path is matched as it was sent: an encoded slash stays in its segment', async t => {
  const { call, upstream } = await build(t)
  const { status, body } = await call('GET', '/api/v1/products/a%2Fb')
  t.equal(status, 400)
  t.match(body, { reason: 'VALIDATION_FAILED', error: 'product_id: must be a valid UUID' })
  t.same(upstream.calls, [])
})

t.test('what breaks a rule of the proto is told all at once, before a service is asked', async t => {
  const { call, upstream } = await build(t)
  const items = [{ productId: 'x', quantity: 0 }]
  const { status, body } = await call('POST', '/api/v1/orders', {
    body: { ...order, items, paymentToken: 'a b' },
    token: await signToken()
  })
  t.equal(status, 400)
  t.match(body, { code: 'INVALID_ARGUMENT', reason: 'VALIDATION_FAILED' })
  const [, { field_violations }] = body.details
  t.same(
    field_violations.map(({ field }: { field: string }) => field),
    ['items[0].productId', 'items[0].quantity', 'paymentToken']
  )
  t.same(upstream.calls, [])
})

t.test('what was created has a Location, by which it is read', async t => {
  const { call } = await build(t)
  const token = await signToken()
  const { headers } = await call('POST', '/api/v1/orders', { body: order, token })
  t.equal(headers.get('location'), `/api/v1/orders/${orderId}`)
  t.equal((await call('GET', headers.get('location')!, { token })).body.id, orderId)
})

t.test('a body in another charset than UTF-8 is 415', async t => {
  const { gateway } = await build(t)
  const statusOf = async (type: string) => {
    const headers = { 'content-type': type }
    const payload = '{"email":"a@b.c","password":"password123"}'
    return (await gateway.inject({ method: 'POST', url: '/api/v1/users/login', headers, payload })).statusCode
  }
  for (const type of ['application/json; charset=latin1', 'application/json;charset="utf-16"', 'text/plain']) {
    t.equal(await statusOf(type), 415, type)
  }
  for (const type of ['application/json', 'application/json; charset=UTF-8', 'application/json;charset="utf-8"']) {
    t.not(await statusOf(type), 415, type)
  }
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

/** A gateway whose catalogue is transcoded by `options`, instead of as routes/products.ts does it. */
function startWith(
  t: Tap,
  options: Partial<TranscodeOptions<typeof ProductService>>,
  service: typeof ProductService = ProductService
) {
  const gateway = Fastify()
  t.teardown(() => gateway.close())
  const call = { address: { rate: 100, burst: 100 } }
  gateway.register(completion).register(tracing).register(errors).register(metrics).register(limiting, call)
  gateway.register(auth, { secret: Buffer.from(secret), issuer: 'i', audience: 'a' })
  gateway.register(breaking, { windowMs: 1, minCalls: 1, failureRatio: 1, openMs: 1, probes: 1 })
  const product = { target: 'http://127.0.0.1:1' }
  gateway.register(upstreams, { upstreams: { product }, timeoutMs: 100 })
  gateway.register(transcoding)
  gateway.register(async scope => scope.transcode(service, { upstream: 'product', ...options }))
  return gateway
}

type Tap = Pick<typeof t, 'teardown'>

t.test('a route plugin may replace parts of a policy', async t => {
  const gateway = startWith(t, { methods: { listCategories: { access: 'user' } } })
  t.equal((await gateway.inject('/api/v1/categories')).statusCode, 401)
})

t.test('a handler takes the place of the call, and its answer is printed as the rpc’s', async t => {
  const gateway = startWith(t, {
    methods: {
      getProduct: { successStatus: 203, handler: async ({ productId }) => create(ProductSchema, { id: productId }) }
    }
  })
  const { statusCode, body } = await gateway.inject(`/api/v1/products/${productIds[0]}`)
  t.equal(statusCode, 203)
  t.match(JSON.parse(body), { id: productIds[0], name: '' })
})

t.test('a success without content has none', async t => {
  const gateway = startWith(t, {
    methods: { getProduct: { successStatus: 204, handler: async () => create(ProductSchema) } }
  })
  const { statusCode, body } = await gateway.inject(`/api/v1/products/${productIds[0]}`)
  t.equal(statusCode, 204)
  t.equal(body, '')
})

t.test('fields may have their JSON names, and unknown ones may be let pass', async t => {
  const gateway = startWith(t, {
    print: { fieldNames: 'json' },
    unknownFields: 'ignore',
    methods: { getProduct: { handler: async () => create(ProductSchema, { imageUrl: '/a.png' }) } }
  })
  const { body } = await gateway.inject(`/api/v1/products/${productIds[0]}?hint=none`)
  t.equal(JSON.parse(body).imageUrl, '/a.png')
})

t.test('an rpc that has a rule but is only for services is neither served nor guessed', async t => {
  const service = { ...ProductService, methods: ProductService.methods.map(forServicesOnly) }
  const gateway = startWith(t, {}, service)
  for (const path of ['/api/v1/categories', '/api/v1/categoris']) {
    const { statusCode, body } = await gateway.inject(path)
    t.equal(statusCode, 404, path)
    t.notMatch(body, /did you mean/, path)
  }
})

/** ListCategories, as an rpc for services. Others stay as they are. */
function forServicesOnly<Method extends DescMethod>(method: Method): Method {
  if (method.localName !== 'listCategories') return method
  const options = clone(MethodOptionsSchema, method.proto.options!)
  setExtension(options, policy, create(PolicySchema, { access: Access.INTERNAL }))
  return { ...method, proto: { ...method.proto, options } }
}

t.test('a scope with a prefix has no rules: their paths are those of their templates', async t => {
  const gateway = startWith(t, {})
  gateway.register(async scope => scope.transcode(ProductService, { upstream: 'product' }), { prefix: '/shop' })
  await t.rejects(async () => gateway.ready(), { code: 'SLUICE_ERR_OPTION_INVALID', message: /the prefix "\/shop"/ })
})

t.test('an rpc that streams in both directions cannot have a rule', async t => {
  const [method, ...methods] = ProductService.methods
  const both = { ...ProductService, methods: [{ ...method!, methodKind: 'bidi_streaming' }, ...methods] }
  const gateway = startWith(t, {}, both as unknown as typeof ProductService)
  await t.rejects(async () => gateway.ready(), { name: 'RuleError', message: /a stream in both directions/ })
})

t.test('what a route plugin gets wrong keeps the gateway from starting', async t => {
  const wrong = {
    SLUICE_ERR_POLICY_INVALID: { getProduct: { successStatus: 404 } },
    SLUICE_ERR_METHOD_UNKNOWN: { batchGetProducts: { deadlineMs: 5 } },
    SLUICE_ERR_OPTION_INVALID: { getProduct: { nulls: ['stok'] } }
  }
  for (const [code, methods] of Object.entries(wrong)) {
    await t.rejects(async () => startWith(t, { methods }).ready(), { code }, code)
  }
})
