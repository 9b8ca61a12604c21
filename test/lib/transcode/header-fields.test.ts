import { create, equals } from '@bufbuild/protobuf'
import t from 'tap'
import { RequestError } from '../../../errors.ts'
import { CancelOrderRequestSchema, OrderService, WatchOrderRequestSchema } from '../../../gen/shop/order/v1/order_pb.ts'
import { httpRules } from '../../../lib/httprule/rules.ts'
import { type BindInput, type BoundRequest, compileRoute } from '../../../lib/transcode/bind.ts'
import { headerFields } from '../../../lib/transcode/header-fields.ts'

const orderId = '0198c2d4-0000-7000-8000-0000000000b1'
const none = { idempotencyKeyField: '', ifMatchField: '', eventStream: null }

const cancel = compileRoute(httpRules(OrderService.method.cancelOrder)[0]!, {
  headers: headerFields({ ...none, idempotencyKeyField: 'request_id', ifMatchField: 'etag' })
})

function cancelWith(body: object, headers: BindInput['headers']): BoundRequest {
  const text = Buffer.from(JSON.stringify(body))
  return cancel.bind({ rawPath: `/api/v1/orders/${orderId}/cancel`, rawQuery: '', body: text, headers })
}

function isCancel(bound: BoundRequest, init: { requestId?: string; etag?: string }): boolean {
  return equals(
    CancelOrderRequestSchema,
    bound.message() as never,
    create(CancelOrderRequestSchema, { orderId, ...init })
  )
}

t.test('headers set their fields', async t => {
  const bound = cancelWith({}, { 'idempotency-key': '"abc"', 'if-match': '"7"' })
  t.ok(isCancel(bound, { requestId: 'abc', etag: '"7"' }))
})

t.test('without the headers the body keeps its word', async t => {
  t.ok(isCancel(cancelWith({ request_id: 'abc', etag: '"7"' }, {}), { requestId: 'abc', etag: '"7"' }))
})

t.test('the body may repeat a header, and not contradict it', async t => {
  for (const body of [{ request_id: 'abc' }, { requestId: 'abc' }, { request_id: '' }, { request_id: null }]) {
    t.ok(isCancel(cancelWith(body, { 'idempotency-key': 'abc' }), { requestId: 'abc' }), JSON.stringify(body))
  }
  t.throws(() => cancelWith({ requestId: 'abc' }, { 'idempotency-key': 'def' }), {
    reason: 'BOUND_FIELD',
    message: '"requestId" must be left out or be what the Idempotency-Key header says'
  })
  t.throws(() => cancelWith({ etag: '"7"' }, { 'if-match': '"8"' }), {
    message: '"etag" must be left out or be what the If-Match header says'
  })
})

t.test('a key that is none is refused', async t => {
  t.throws(() => cancelWith({}, { 'idempotency-key': 'a key' }), RequestError)
})

t.test('a policy that names no field takes no header', async t => {
  t.same(headerFields(none), [])
})

t.test('Last-Event-ID wins over the URL that a stream was begun with', async t => {
  const eventStream = { event: '', idField: 'seq', resumeField: 'after_seq' }
  const watch = compileRoute(httpRules(OrderService.method.watchOrder)[0]!, {
    headers: headerFields({ ...none, eventStream })
  })
  const cases: [rawQuery: string, header: string | undefined, afterSeq: bigint][] = [
    ['', undefined, 0n],
    ['', '7', 7n],
    ['after_seq=3', '7', 7n],
    ['after_seq=3', '0', 0n],
    ['after_seq=3', '', 3n],
    ['after_seq=3', undefined, 3n]
  ]
  for (const [rawQuery, header, afterSeq] of cases) {
    const headers = header === undefined ? {} : { 'last-event-id': header }
    const bound = watch.bind({ rawPath: `/api/v1/orders/${orderId}/events`, rawQuery, body: undefined, headers })
    const expected = create(WatchOrderRequestSchema, { orderId, afterSeq })
    t.ok(equals(WatchOrderRequestSchema, bound.message() as never, expected), `${rawQuery} ${header}`)
  }
})

t.test('a Last-Event-ID is UTF-8', async t => {
  const [field] = headerFields({ ...none, eventStream: { event: '', idField: 'id', resumeField: 'after' } })
  t.equal(field?.read({ 'last-event-id': Buffer.from('é7').toString('latin1') }), 'é7')
  t.equal(field?.read({ 'last-event-id': 'caf\u00e9' }), 'café')
})
