import { create } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { RequestError } from '../../../errors.ts'
import { ErrorInfoSchema } from '../../../gen/google/rpc/error_details_pb.ts'
import { failureOf } from '../../../lib/errors/failure.ts'
import { BindError, PrintError } from '../../../lib/transcode/errors.ts'

const answered = { 'grpc-status': '5' }

t.test('the gateway’s own errors are told as the table says', async t => {
  const error = new RequestError('SLUICE_ERR_LIMIT_EXCEEDED', { retryAfterSeconds: 1.2 })
  t.match(failureOf(error), {
    status: 429,
    error: 'rate limit exceeded',
    code: 'RESOURCE_EXHAUSTED',
    reason: 'RATE_LIMITED',
    headers: { 'retry-after': '2' },
    hidden: false
  })
})

t.test('connect’s wrapping is taken off', async t => {
  const inner = new RequestError('SLUICE_ERR_CIRCUIT_OPEN')
  t.equal(failureOf(ConnectError.from(inner)).reason, 'CIRCUIT_OPEN')
})

t.test('an answer without a reason has that of its code', async t => {
  t.match(failureOf(new ConnectError('not here', Code.NotFound, answered)), {
    status: 404,
    error: 'not here',
    reason: 'NOT_FOUND',
    details: []
  })
})

t.test('what is inside a service is hidden, with its details', async t => {
  const error = new ConnectError('stack', Code.Internal, answered, [
    { desc: ErrorInfoSchema, value: create(ErrorInfoSchema, { reason: 'DATABASE_DOWN' }) }
  ])
  t.match(failureOf(error), { status: 500, error: 'internal error', reason: 'INTERNAL', hidden: true })
  t.notMatch(JSON.stringify(failureOf(error)), 'DATABASE_DOWN')
})

t.test('all that is wrong with a request is told', async t => {
  const violations = [
    { reason: 'INVALID_VALUE', field: 'items[0].quantity', description: 'must be a number' },
    { reason: 'UNKNOWN_FIELD', field: 'x', description: 'unknown field "x"' }
  ] as const
  const failure = failureOf(new BindError(...violations))
  t.match(failure, { status: 400, code: 'INVALID_ARGUMENT', reason: 'INVALID_VALUE' })
  t.same(failure.details[1]?.field_violations, [
    { field: 'items[0].quantity', description: 'must be a number' },
    { field: 'x', description: 'unknown field "x"' }
  ])
})

t.test('an answer that cannot be printed is the upstream’s fault', async t => {
  t.match(failureOf(new PrintError('year 10000')), { status: 502, reason: 'UPSTREAM_INVALID_RESPONSE', hidden: true })
})

t.test('errors of the framework find their place', async t => {
  const reasons = {
    FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
    FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
    FST_ERR_MAX_PARAM_LENGTH: 'URI_TOO_LONG',
    ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
    HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
    HPE_INVALID_METHOD: 'MALFORMED_REQUEST'
  }
  for (const [code, reason] of Object.entries(reasons)) {
    t.equal(failureOf(Object.assign(new Error(), { code })).reason, reason, code)
  }
  t.equal(failureOf(Object.assign(new Error(), { statusCode: 400 })).reason, 'MALFORMED_REQUEST')
})

t.test('anything else is an internal error', async t => {
  for (const error of [new TypeError('x'), 'text', null, undefined, 7, { statusCode: 503 }]) {
    t.match(failureOf(error), { status: 500, error: 'internal error', reason: 'INTERNAL', hidden: true })
  }
})
