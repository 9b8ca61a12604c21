import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { failure, metadataOf, reasonOf } from '../../../backends/shared/service-error.ts'
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from '../../../gen/google/rpc/error_details_pb.ts'

t.test('a failure carries its reason within the domain of the shop', async t => {
  const error = failure(Code.NotFound, 'ORDER_NOT_FOUND', 'order not found', { metadata: { order_id: '7' } })
  t.equal(error.code, Code.NotFound)
  t.equal(error.rawMessage, 'order not found')
  const [info] = error.findDetails(ErrorInfoSchema)
  t.match(info, { reason: 'ORDER_NOT_FOUND', domain: 'shop.local', metadata: { order_id: '7' } })
})

t.test('a failure names the fields that are wrong', async t => {
  const violations = [{ field: 'items[0].quantity', description: 'must be at least 1' }]
  const error = failure(Code.InvalidArgument, 'VALIDATION_FAILED', 'wrong', { violations })
  t.match(error.findDetails(BadRequestSchema)[0]?.fieldViolations, violations)
})

t.test('a failure says when to try again, to the millisecond', async t => {
  const error = failure(Code.ResourceExhausted, 'RATE_LIMITED', 'slow down', { retryAfterSeconds: 1.5 })
  t.match(error.findDetails(RetryInfoSchema)[0]?.retryDelay, { seconds: 1n, nanos: 500_000_000 })
})

t.test('a failure keeps its cause to itself', async t => {
  const cause = new Error('inside')
  const error = failure(Code.Internal, 'INTERNAL', 'internal error', { cause })
  t.equal(error.cause, cause)
  t.notMatch(error.message, 'inside')
})

t.test('reason and metadata are read of any error', async t => {
  const error = failure(Code.Aborted, 'ETAG_MISMATCH', 'changed', { metadata: { etag: '"2"' } })
  t.equal(reasonOf(error), 'ETAG_MISMATCH')
  t.same(metadataOf(error), { etag: '"2"' })
  t.equal(reasonOf(new ConnectError('bare', Code.Internal)), null)
  t.equal(reasonOf(new Error('other')), null)
  t.same(metadataOf(undefined), {})
})
