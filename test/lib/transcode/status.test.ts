import { Code } from '@connectrpc/connect'
import t from 'tap'
import { httpStatusOf } from '../../../lib/transcode/status.ts'

t.test('every code has the HTTP status that google/rpc/code.proto names', async t => {
  const statuses: [code: Code, status: number][] = [
    [Code.Canceled, 499],
    [Code.Unknown, 500],
    [Code.InvalidArgument, 400],
    [Code.DeadlineExceeded, 504],
    [Code.NotFound, 404],
    [Code.AlreadyExists, 409],
    [Code.PermissionDenied, 403],
    [Code.ResourceExhausted, 429],
    [Code.FailedPrecondition, 400],
    [Code.Aborted, 409],
    [Code.OutOfRange, 400],
    [Code.Unimplemented, 501],
    [Code.Internal, 500],
    [Code.Unavailable, 503],
    [Code.DataLoss, 500],
    [Code.Unauthenticated, 401]
  ]
  for (const [code, status] of statuses) t.equal(httpStatusOf(code), status, Code[code])
  for (const code of [0, 17, -1, 999]) t.equal(httpStatusOf(code as Code), 500, `${code} is no code`)
})

t.test('some reasons have a better one', async t => {
  const statuses: [code: Code, reason: string, status: number][] = [
    [Code.FailedPrecondition, 'INSUFFICIENT_STOCK', 409],
    [Code.FailedPrecondition, 'INVALID_STATE_TRANSITION', 409],
    [Code.FailedPrecondition, 'RESERVATION_EXPIRED', 409],
    [Code.FailedPrecondition, 'RESERVATION_CLOSED', 409],
    [Code.FailedPrecondition, 'PAYMENT_CLOSED', 409],
    [Code.FailedPrecondition, 'LAST_ADMIN', 409],
    [Code.FailedPrecondition, 'PAYMENT_DECLINED', 402],
    [Code.InvalidArgument, 'IDEMPOTENCY_KEY_REUSED', 422],
    [Code.Aborted, 'ETAG_MISMATCH', 412]
  ]
  for (const [code, reason, status] of statuses) t.equal(httpStatusOf(code, reason), status, reason)
})

t.test('every other reason, and a reason with another code, leaves the status of the code', async t => {
  t.equal(httpStatusOf(Code.FailedPrecondition, 'PRODUCT_NOT_AVAILABLE'), 400)
  t.equal(httpStatusOf(Code.Aborted, 'CONCURRENT_UPDATE'), 409)
  t.equal(httpStatusOf(Code.NotFound, 'ORDER_NOT_FOUND'), 404)
  t.equal(httpStatusOf(Code.Internal, 'PAYMENT_DECLINED'), 500)
  t.equal(httpStatusOf(Code.Unavailable, 'toString'), 503)
})
