import { create } from '@bufbuild/protobuf'
import t from 'tap'
import { requestHash } from '../../../backends/shared/request-hash.ts'
import { RegisterRequestSchema } from '../../../gen/shop/user/v1/user_pb.ts'

const request = create(RegisterRequestSchema, { email: 'ann@example.com', username: 'ann', requestId: 'attempt-1' })

t.test('the same wish has the same hash, whatever its key', async t => {
  const hash = requestHash(RegisterRequestSchema, request)
  t.equal(hash.length, 32)
  t.same(requestHash(RegisterRequestSchema, { ...request, requestId: 'attempt-2' }), hash)
  t.equal(request.requestId, 'attempt-1')
})

t.test('another wish has another hash', async t => {
  const hash = requestHash(RegisterRequestSchema, request)
  t.notSame(requestHash(RegisterRequestSchema, { ...request, username: 'anna' }), hash)
  t.notSame(requestHash(RegisterRequestSchema, { ...request, phone: '' }), hash)
})
