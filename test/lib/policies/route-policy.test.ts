import t from 'tap'
import { CreateOrderRequestSchema, OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { ProductService } from '../../../gen/shop/product/v1/product_pb.ts'
import { UserService } from '../../../gen/shop/user/v1/user_pb.ts'
import { type RoutePolicy, routePolicy } from '../../../lib/policies/route-policy.ts'

const { createOrder, getOrder, cancelOrder, watchOrder } = OrderService.method

t.test('a policy is what the proto says', async t => {
  t.same(routePolicy(createOrder), {
    access: 'user',
    roles: [],
    scopes: [],
    rateLimit: null,
    failureLimit: null,
    cost: 1,
    deadlineMs: null,
    idempotent: false,
    successStatus: 201,
    claims: [{ field: 'user_id', claim: 'sub' }],
    idempotencyKeyField: 'request_id',
    ifMatchField: '',
    eventStream: null,
    hedgeAfterMs: null
  })
  t.match(routePolicy(UserService.method.login), {
    access: 'public',
    rateLimit: { rate: 10, burst: 50, key: 'address' },
    failureLimit: { rate: 0.5, burst: 20, key: 'address' }
  })
  t.same(routePolicy(watchOrder).eventStream, { event: 'order.status', idField: 'seq', resumeField: 'after_seq' })
  t.equal(routePolicy(ProductService.method.batchGetProducts).access, 'internal')
})

t.test('whether a call may be repeated follows from its idempotency_level', async t => {
  t.equal(routePolicy(getOrder).idempotent, true)
  t.equal(routePolicy(cancelOrder).idempotent, true)
  t.equal(routePolicy(createOrder).idempotent, false)
})

t.test('a route plugin may replace parts of it', async t => {
  t.match(routePolicy(createOrder, { deadlineMs: 50, roles: ['admin'] }), { deadlineMs: 50, successStatus: 201 })
})

t.test('a policy that cannot be is refused, and the rpc is named', async t => {
  const bad: [Partial<RoutePolicy>, RegExp][] = [
    [{ access: 'public' }, /claims need a signed-in user/],
    [{ access: 'public', claims: [], roles: ['admin'] }, /roles need a signed-in user/],
    [{ access: 'public', claims: [], scopes: ['orders'] }, /scopes need a signed-in user/],
    [{ scopes: ['two words'] }, /scopes must be words/],
    [{ access: 'public', claims: [], rateLimit: { rate: 1, burst: 1, key: 'subject' } }, /by subject needs/],
    [{ rateLimit: { rate: 0, burst: 1, key: 'address' } }, /rate_limit.rate/],
    [{ rateLimit: { rate: 1, burst: 0, key: 'address' } }, /rate_limit.burst/],
    [{ failureLimit: { rate: 1, burst: 0.5, key: 'address' } }, /failure_limit.burst/],
    [{ access: 'public', claims: [], failureLimit: { rate: 1, burst: 1, key: 'subject' } }, /by subject needs/],
    [{ cost: 0 }, /cost must be at least 1/],
    [{ cost: 6, rateLimit: { rate: 1, burst: 5, key: 'address' } }, /cost must be at most rate_limit.burst/],
    [{ deadlineMs: 0 }, /deadline/],
    [{ successStatus: 301 }, /success_status/],
    [{ claims: [{ field: 'usr_id', claim: 'sub' }] }, /has no field "usr_id"/],
    [{ claims: [{ field: 'user_id', claim: '' }] }, /"user_id" has no claim/],
    [{ idempotencyKeyField: 'items' }, /has no field "items" that is one string/],
    [{ ifMatchField: 'etag' }, new RegExp(`${CreateOrderRequestSchema.typeName} has no field "etag"`)]
  ]
  for (const [overrides, problem] of bad) {
    const wanted = { code: 'SLUICE_ERR_POLICY_INVALID', message: problem }
    t.throws(() => routePolicy(createOrder, overrides), wanted, JSON.stringify(overrides))
  }
  t.throws(() => routePolicy(createOrder, { deadlineMs: 0 }), {
    message: /^shop\.order\.v1\.OrderService\.CreateOrder: /
  })
})

t.test('events that cannot be told are refused', async t => {
  const events = { event: 'order.status', idField: 'seq', resumeField: 'after_seq' }
  const bad: [Partial<RoutePolicy>, RegExp][] = [
    [{ successStatus: 204 }, /204 has no place for a stream/],
    [{ eventStream: { ...events, event: 'a\nb' } }, /event_stream.event must be one line/],
    [{ eventStream: { ...events, event: 'error' } }, /event_stream.event must not be "error"/],
    [{ eventStream: { ...events, idField: 'sequence' } }, /event_stream.id_field: .* has no field "sequence"/],
    [{ eventStream: { ...events, idField: 'at' } }, /event_stream.id_field: "at" is a message/],
    [{ eventStream: { ...events, resumeField: 'seq' } }, /event_stream.resume_field: .* has no field "seq"/],
    [{ claims: [{ field: 'after_seq', claim: 'sub' }] }, /"after_seq" is set from the token/]
  ]
  for (const [overrides, problem] of bad) {
    const wanted = { code: 'SLUICE_ERR_POLICY_INVALID', message: problem }
    t.throws(() => routePolicy(watchOrder, overrides), wanted, JSON.stringify(overrides))
  }
  t.throws(() => routePolicy(createOrder, { eventStream: events }), {
    message: /needs an rpc that answers with a stream/
  })
})

t.test('a second attempt beside a slow one is for unary calls that may be repeated', async t => {
  t.equal(routePolicy(getOrder, { hedgeAfterMs: 50 }).hedgeAfterMs, 50)
  const bad: [Parameters<typeof routePolicy>, RegExp][] = [
    [[getOrder, { hedgeAfterMs: 0 }], /hedge_after must be above 0/],
    [[getOrder, { hedgeAfterMs: 50, deadlineMs: 50 }], /hedge_after must be below the deadline/],
    [[createOrder, { hedgeAfterMs: 50 }], /hedge_after needs an rpc that may be repeated/],
    [[watchOrder, { hedgeAfterMs: 50 }], /hedge_after needs an rpc that answers one message with one/]
  ]
  for (const [args, problem] of bad) {
    t.throws(() => routePolicy(...args), { code: 'SLUICE_ERR_POLICY_INVALID', message: problem })
  }
})
