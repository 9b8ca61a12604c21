import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import {
  DebugInfoSchema,
  ErrorInfoSchema,
  ResourceInfoSchema,
  RetryInfoSchema
} from '../../gen/google/rpc/error_details_pb.ts'
import { build, orderId, signToken } from '../helper.ts'

const getOrder = `/api/v1/orders/${orderId}`

/** What the client gets when the order service throws `error`. */
async function answerTo(t: Tap, error: unknown, headers: Record<string, string> = {}) {
  const { call } = await build(
    t,
    {},
    {
      order: {
        getOrder() {
          throw error
        }
      }
    }
  )
  return call('GET', getOrder, { token: await signToken(), headers })
}

type Tap = Parameters<typeof build>[0]

t.test('an unknown path: 404 in the one shape', async t => {
  const { call } = await build(t)
  const { status, headers, body } = await call('GET', '/api/v2/orders?a=b')
  t.equal(status, 404)
  t.equal(headers.get('content-type'), 'application/json; charset=utf-8')
  t.same(Object.keys(body), ['error', 'code', 'reason', 'details', 'request_id', 'trace_id'])
  t.match(body, { error: 'route not found', code: 'NOT_FOUND', reason: 'ROUTE_NOT_FOUND', trace_id: /^[0-9a-f]{32}$/ })
  t.equal(headers.get('x-request-id'), body.request_id)
})

t.test('a known path by another method: 405 that lists the methods', async t => {
  const { call } = await build(t)
  const { status, headers, body } = await call('DELETE', getOrder)
  t.equal(status, 405)
  t.equal(headers.get('allow'), 'GET, HEAD, OPTIONS')
  t.equal(body.reason, 'METHOD_NOT_ALLOWED')
})

t.test('a path that is nearly one says what failed, and what was probably meant', async t => {
  const { call } = await build(t)
  const hints = {
    '/api/v1/ordres/1': 'no route has "ordres" after "/api/v1", did you mean "orders"?',
    '/api/v1/categories/': 'no segment of a path may be empty, did you mean "/api/v1/categories"?',
    '/api/v1/orders/1/2/3': 'no route has "2" after "/api/v1/orders/1"'
  }
  for (const [path, hint] of Object.entries(hints)) {
    const { status, body } = await call('GET', path)
    t.equal(status, 404, path)
    t.equal(body.error, `route not found: ${hint}`)
    t.equal(body.reason, 'ROUTE_NOT_FOUND')
  }
})

t.test('a value of the path that cannot be decoded is named, as one that must not be is', async t => {
  const { call, upstream } = await build(t)
  for (const value of ['%zz', '%c0%af', '%00', '..%2fadmin']) {
    const { status, body } = await call('GET', `/api/v1/products/${value}`)
    t.equal(status, 400, value)
    t.match(body, { reason: 'INVALID_PATH', details: [{}, { field_violations: [{ field: 'product_id' }] }] }, value)
  }
  t.match((await call('GET', '/nowhere/%zz')).body, { reason: 'INVALID_PATH', error: /UTF-8/ })
  t.same(upstream.calls, [])
})

t.test('OPTIONS lists the methods of a path', async t => {
  const { call } = await build(t)
  const { status, headers } = await call('OPTIONS', '/api/v1/orders')
  t.equal(status, 204)
  t.equal(headers.get('allow'), 'GET, HEAD, POST, OPTIONS')
})

t.test('a plain route is told by its methods too, each of them once', async t => {
  const { call } = await build(t, {}, {}, async gateway => {
    gateway.route({ method: ['OPTIONS', 'PUT'], url: '/plain', handler: async () => '' })
  })
  const { status, headers } = await call('DELETE', '/plain')
  t.equal(status, 405)
  t.equal(headers.get('allow'), 'PUT, OPTIONS')
})

t.test('a trailing slash makes another path', async t => {
  const { call } = await build(t)
  t.equal((await call('GET', '/api/v1/categories/')).status, 404)
})

t.test('a refusal of a service keeps its words, reason and details', async t => {
  const error = new ConnectError('order not found', Code.NotFound, undefined, [
    { desc: ErrorInfoSchema, value: { reason: 'ORDER_NOT_FOUND', domain: 'shop.local' } },
    { desc: ResourceInfoSchema, value: { resourceType: 'order', resourceName: orderId } }
  ])
  const { status, body } = await answerTo(t, error)
  t.equal(status, 404)
  t.match(body, {
    error: 'order not found',
    code: 'NOT_FOUND',
    reason: 'ORDER_NOT_FOUND',
    details: [
      { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'ORDER_NOT_FOUND', domain: 'shop.local' },
      { '@type': 'type.googleapis.com/google.rpc.ResourceInfo', resource_name: orderId }
    ]
  })
})

t.test('a reason may have a status of its own', async t => {
  const info = { desc: ErrorInfoSchema, value: { reason: 'INSUFFICIENT_STOCK' } }
  const { status } = await answerTo(t, new ConnectError('too few', Code.FailedPrecondition, undefined, [info]))
  t.equal(status, 409)
})

t.test('RetryInfo becomes Retry-After, rounded up', async t => {
  const retry = { desc: RetryInfoSchema, value: { retryDelay: { seconds: 1n, nanos: 5_000_000 } } }
  const { status, headers } = await answerTo(t, new ConnectError('busy', Code.Aborted, undefined, [retry]))
  t.equal(status, 409)
  t.equal(headers.get('retry-after'), '2')
})

t.test('what broke inside a service stays inside', async t => {
  const debug = { desc: DebugInfoSchema, value: { detail: 'select * from secrets' } }
  for (const code of [Code.Internal, Code.Unknown, Code.DataLoss]) {
    const { status, text, body } = await answerTo(
      t,
      new ConnectError('relation "secrets" is gone', code, undefined, [debug])
    )
    t.equal(status, 500)
    t.match(body, { error: 'internal error', code: 'INTERNAL', reason: 'INTERNAL' })
    t.notMatch(text, 'secrets')
  }
})

t.test('DebugInfo never leaves the house', async t => {
  const debug = { desc: DebugInfoSchema, value: { detail: 'at line 12' } }
  const { status, text } = await answerTo(t, new ConnectError('no such page', Code.InvalidArgument, undefined, [debug]))
  t.equal(status, 400)
  t.notMatch(text, 'line 12')
})

t.test('an exception in a handler is 500, and says nothing', async t => {
  const { call } = await build(t, {}, {}, async gateway => {
    gateway.get('/broken', async () => {
      throw new TypeError('undefined is not a function')
    })
  })
  const { status, body } = await call('GET', '/broken', { token: await signToken() })
  t.equal(status, 500)
  t.match(body, { error: 'internal error', reason: 'INTERNAL' })
})

t.test('a client may ask for application/problem+json: the same facts', async t => {
  const { call } = await build(t)
  const { headers, body } = await call('GET', '/nowhere', { headers: { accept: 'application/problem+json' } })
  t.equal(headers.get('content-type'), 'application/problem+json; charset=utf-8')
  t.match(body, {
    title: 'Not Found',
    status: 404,
    detail: 'route not found',
    code: 'NOT_FOUND',
    reason: 'ROUTE_NOT_FOUND'
  })
  t.equal(body.request_id, headers.get('x-request-id'))
})

t.test('errors that come before routing have the same shape', async t => {
  const { call } = await build(t, { BODY_LIMIT: '64' })
  const login = '/api/v1/users/login'
  const answers = {
    'no body of a known type': [
      await call('POST', login, { body: 'a=b', headers: { 'content-type': 'text/plain' } }),
      415
    ],
    'too large': [await call('POST', login, { body: { email: 'x'.repeat(100) } }), 413],
    'no JSON': [await call('POST', login, { body: '{' }), 400],
    'a malformed path': [await call('GET', '/api/v1/products/%zz'), 400],
    'a part of the path that is too long': [await call('GET', `/api/v1/products/${'x'.repeat(101)}`), 414]
  } as const
  for (const [what, [answer, status]] of Object.entries(answers)) {
    t.equal(answer.status, status, what)
    t.same(Object.keys(answer.body), ['error', 'code', 'reason', 'details', 'request_id', 'trace_id'], what)
    t.equal(answer.headers.get('x-request-id'), answer.body.request_id, what)
  }
})
