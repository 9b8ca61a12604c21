import { create, toBinary } from '@bufbuild/protobuf'
import { anyPack } from '@bufbuild/protobuf/wkt'
import { Code } from '@connectrpc/connect'
import t from 'tap'
import { ErrorInfoSchema } from '../../../../gen/google/rpc/error_details_pb.ts'
import { StatusSchema } from '../../../../gen/google/rpc/status_pb.ts'
import { failureOf } from '../../../../lib/errors/failure.ts'
import { headersError, statusError } from '../../../../lib/upstream/grpc/status.ts'

const grpc = [':status', '200', 'content-type', 'application/grpc']

t.test('a status from 1 to 16 is the code of the error', async t => {
  for (let code = 1; code <= 16; code++) {
    const error = statusError(grpc, ['grpc-status', String(code), 'grpc-message', 'no'])
    t.match(error, { code, rawMessage: 'no' })
    t.equal(error?.metadata.get('grpc-status'), String(code), 'the upstream said it')
  }
  t.equal(statusError(grpc, ['grpc-status', '0']), null)
})

t.test('a status that is none is an error of the upstream: 500', async t => {
  for (const status of ['17', '99', '-1', '1.5', '0x1', '00', '', ' 0', 'OK', '4294967296']) {
    const error = statusError(grpc, ['grpc-status', status])
    t.equal(error?.code, Code.Unknown, JSON.stringify(status))
    t.equal(failureOf(error).status, 500)
  }
})

t.test('an answer without a status breaks the protocol', async t => {
  for (const trailers of [null, [], ['grpc-message', 'fine']]) {
    const error = statusError(grpc, trailers)
    t.equal(error?.code, Code.Internal)
    t.notOk(error?.metadata.has('grpc-status'))
  }
})

t.test('a status in the headers is none when more follows', async t => {
  t.equal(headersError([...grpc, 'grpc-status', '8'], false), null)
  t.equal(statusError([...grpc, 'grpc-status', '8'], ['grpc-status', '5'])?.code, Code.NotFound)
  t.equal(statusError([...grpc, 'grpc-status', '8'], ['grpc-status', '0']), null)
  t.equal(statusError([...grpc, 'grpc-status', '8'], [])?.code, Code.Internal)
})

t.test('a message is percent-encoded, and never lost', async t => {
  const texts: Record<string, string> = {
    'not%20found': 'not found',
    '%E2%82%AC 5': '€ 5',
    '100% sure': '100% sure',
    '%ff%zz': '%ff%zz',
    'a+b': 'a+b',
    '': ''
  }
  for (const [encoded, text] of Object.entries(texts)) {
    t.equal(statusError(grpc, ['grpc-status', '5', 'grpc-message', encoded])?.rawMessage, text)
  }
})

/** `grpc-status-details-bin`. */
function detailsBin(code: number, padded = true): string {
  const details = [anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason: 'GONE', domain: 'd' }))]
  const text = Buffer.from(toBinary(StatusSchema, create(StatusSchema, { code, details }))).toString('base64')
  return padded ? text : text.replace(/=+$/, '')
}

t.test('details are those of the status, in base64 with or without padding', async t => {
  for (const bin of [detailsBin(5), detailsBin(5, false)]) {
    const error = statusError(grpc, ['grpc-status', '5', 'grpc-status-details-bin', bin])
    t.match(error?.findDetails(ErrorInfoSchema), [{ reason: 'GONE' }])
  }
})

t.test('details that are no details, or another status’s, are left out, and the status stays', async t => {
  for (const bin of ['%%%', Buffer.from([0x0a, 0xff]).toString('base64'), detailsBin(0), detailsBin(7)]) {
    const error = statusError(grpc, ['grpc-status', '5', 'grpc-status-details-bin', bin])
    t.match(error, { code: Code.NotFound, details: [] })
  }
})

t.test('headers tell what is no gRPC', async t => {
  const rows: [string[], Code | null][] = [
    [grpc, null],
    [[':status', '200', 'content-type', 'application/grpc+proto'], null],
    [[':status', '200', 'content-type', 'application/grpc+proto;charset=utf-8'], null],
    [[':status', '200', 'content-type', 'APPLICATION/GRPC'], null],
    [[':status', '200', 'content-type', 'application/grpc+json'], Code.Unknown],
    [[':status', '200', 'content-type', 'application/grpc-web+proto'], Code.Unknown],
    [[':status', '200', 'content-type', 'text/html'], Code.Unknown],
    [[':status', '200'], Code.Unknown],
    [[':status', '204', 'content-type', 'application/grpc'], Code.Unknown],
    [[':status', '302', 'location', '/'], Code.Unknown],
    [[':status', '400'], Code.Internal],
    [[':status', '401'], Code.Unauthenticated],
    [[':status', '403'], Code.PermissionDenied],
    [[':status', '404'], Code.Unimplemented],
    [[':status', '429'], Code.Unavailable],
    [[':status', '500'], Code.Unknown],
    [[':status', '502'], Code.Unavailable],
    [[':status', '503'], Code.Unavailable],
    [[':status', '504'], Code.Unavailable]
  ]
  for (const [headers, code] of rows) {
    const error = headersError(headers, false)
    t.equal(error?.code ?? null, code, JSON.stringify(headers))
    t.notOk(error?.metadata.has('grpc-status'), 'the upstream did not say it')
  }
})

t.test('a status in headers that are all counts whatever the HTTP status is, but for a success', async t => {
  t.equal(headersError([':status', '503', 'grpc-status', '5'], true)?.code, Code.NotFound)
  t.equal(headersError([...grpc, 'grpc-status', '5'], true)?.code, Code.NotFound)
  t.equal(headersError([':status', '503', 'grpc-status', '0'], true)?.code, Code.Unavailable)
  t.equal(headersError([...grpc, 'grpc-status', '0'], true), null)
})

t.test('the metadata of an error is all that the upstream said', async t => {
  const error = statusError([...grpc, 'a', '1'], ['grpc-status', '5', 'b', '2', 'b', '3'])
  t.equal(error?.metadata.get('a'), '1')
  t.equal(error?.metadata.get('b'), '2, 3')
  t.equal(error?.metadata.get('content-type'), 'application/grpc')
})

t.test('a status that is said twice is none', async t => {
  t.equal(statusError(grpc, ['grpc-status', '0', 'grpc-status', '0'])?.code, Code.Unknown)
})
