import { create } from '@bufbuild/protobuf'
import t from 'tap'
import { CancelOrderRequestSchema } from '../../../gen/shop/order/v1/order_pb.ts'
import { compileBindHeaders } from '../../../lib/transcode/bind-headers.ts'
import { BindError } from '../../../lib/transcode/errors.ts'

const bind = compileBindHeaders(CancelOrderRequestSchema, { idempotencyKeyField: 'request_id', ifMatchField: 'etag' })

t.test('headers set their fields', async t => {
  const message = create(CancelOrderRequestSchema)
  bind(message, { 'idempotency-key': '"abc"', 'if-match': '"7"' })
  t.match(message, { requestId: 'abc', etag: '"7"' })
})

t.test('without the headers the body keeps its word', async t => {
  const message = create(CancelOrderRequestSchema, { requestId: 'abc', etag: '"7"' })
  bind(message, {})
  t.match(message, { requestId: 'abc', etag: '"7"' })
})

t.test('the body may repeat a header, and not contradict it', async t => {
  const message = create(CancelOrderRequestSchema, { requestId: 'abc' })
  bind(message, { 'idempotency-key': 'abc' })
  t.throws(() => bind(message, { 'idempotency-key': 'def' }), BindError)
  t.throws(() => bind(message, { 'idempotency-key': 'def' }), {
    message: '"request_id" must be left out or be what the Idempotency-Key header says'
  })
})

t.test('a policy that names no field ignores the header', async t => {
  const message = create(CancelOrderRequestSchema)
  const none = compileBindHeaders(CancelOrderRequestSchema, { idempotencyKeyField: '', ifMatchField: '' })
  none(message, { 'idempotency-key': 'not a key', 'if-match': '"7"' })
  t.same(message, create(CancelOrderRequestSchema))
})
