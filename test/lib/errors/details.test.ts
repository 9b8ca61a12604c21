import { create, toBinary } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import {
  BadRequestSchema,
  DebugInfoSchema,
  ErrorInfoSchema,
  RetryInfoSchema
} from '../../../gen/google/rpc/error_details_pb.ts'
import { detailsOf, reasonOf, retryAfterOf, toDetail } from '../../../lib/errors/details.ts'

function errorWith(...details: ConnectError['details']) {
  const error = new ConnectError('no', Code.InvalidArgument)
  error.details = details
  return error
}

t.test('details are ProtoJSON with their type, by proto names', async t => {
  const message = create(BadRequestSchema, { fieldViolations: [{ field: 'a.b', description: 'is wrong' }] })
  t.same(toDetail(message), {
    '@type': 'type.googleapis.com/google.rpc.BadRequest',
    field_violations: [{ field: 'a.b', description: 'is wrong' }]
  })
})

t.test('details from the wire are decoded by type; what nobody knows, or nobody may see, is left out', async t => {
  const info = toBinary(ErrorInfoSchema, create(ErrorInfoSchema, { reason: 'SKU_TAKEN', metadata: { sku: 'A-1' } }))
  const debug = toBinary(DebugInfoSchema, create(DebugInfoSchema, { detail: 'at line 12' }))
  const error = errorWith(
    { type: 'google.rpc.ErrorInfo', value: info },
    { type: 'google.rpc.DebugInfo', value: debug },
    { type: 'somebody.Else', value: info },
    { type: 'google.rpc.BadRequest', value: new Uint8Array([255]) }
  )
  t.same(detailsOf(error), [
    { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'SKU_TAKEN', metadata: { sku: 'A-1' } }
  ])
  t.equal(reasonOf(error), 'SKU_TAKEN')
})

t.test('RetryInfo says when, in seconds', async t => {
  const error = errorWith({ desc: RetryInfoSchema, value: { retryDelay: { seconds: 1n, nanos: 500_000_000 } } })
  t.equal(retryAfterOf(error), 1.5)
  t.equal(retryAfterOf(errorWith()), undefined)
})
