import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { RequestError } from '../../../errors.ts'
import { codeNames, codeOf, isAnswer, requestErrorOf } from '../../../lib/errors/code.ts'

t.test('every code of gRPC has its name', async t => {
  t.equal(Object.keys(codeNames).length, 16)
  t.equal(codeNames[Code.Canceled], 'CANCELLED')
})

t.test('an error has the code that it was made with', async t => {
  t.equal(codeOf(new RequestError('SLUICE_ERR_CIRCUIT_OPEN')), Code.Unavailable)
  t.equal(codeOf(ConnectError.from(new RequestError('SLUICE_ERR_UPSTREAM_INVALID'))), Code.Internal)
  t.equal(codeOf(new ConnectError('', Code.NotFound, { 'grpc-status': '5' })), Code.NotFound)
  t.equal(codeOf(new Error('bug')), Code.Unknown)
})

t.test('a deadline or an end that the upstream did not answer is the gateway’s own', async t => {
  t.equal(requestErrorOf(new ConnectError('', Code.DeadlineExceeded))?.code, 'SLUICE_ERR_UPSTREAM_TIMEOUT')
  t.equal(requestErrorOf(new ConnectError('', Code.Canceled))?.code, 'SLUICE_ERR_CANCELLED')
  t.equal(requestErrorOf(new ConnectError('', Code.DeadlineExceeded, { 'grpc-status': '4' })), null)
})

t.test('only an answer carries a status', async t => {
  t.equal(isAnswer(new ConnectError('', Code.Internal)), false)
  t.equal(isAnswer(new ConnectError('', Code.Internal, { 'grpc-status': '13' })), true)
})
