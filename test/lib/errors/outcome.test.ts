import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { RequestError } from '../../../errors.ts'
import { classify } from '../../../lib/errors/outcome.ts'

const answer = { 'grpc-status': '1' }

t.test('only these codes say that an upstream is ill', async t => {
  const ill = [Code.Unavailable, Code.DeadlineExceeded, Code.Internal, Code.Unknown, Code.DataLoss]
  for (let code = Code.Canceled; code <= Code.Unauthenticated; code++) {
    const expected = code === Code.Canceled ? 'neutral' : ill.includes(code) ? 'failure' : 'success'
    t.equal(classify(new ConnectError('', code, answer)), expected, Code[code])
  }
})

t.test('a lost connection, a deadline and nonsense do too', async t => {
  t.equal(classify(new RequestError('SLUICE_ERR_UPSTREAM_UNAVAILABLE')), 'failure')
  t.equal(classify(new RequestError('SLUICE_ERR_UPSTREAM_TIMEOUT')), 'failure')
  t.equal(classify(new RequestError('SLUICE_ERR_UPSTREAM_INVALID')), 'failure')
  t.equal(classify(new TypeError('bug')), 'failure')
})

t.test('an answer that is larger than the gateway takes is one', async t => {
  const cause = new ConnectError('', Code.ResourceExhausted)
  t.equal(classify(new RequestError('SLUICE_ERR_UPSTREAM_INVALID', { cause })), 'success')
})

t.test('a client that went away, or sent what cannot be sent on, says nothing', async t => {
  t.equal(classify(new RequestError('SLUICE_ERR_CANCELLED')), 'neutral')
  t.equal(classify(new RequestError('SLUICE_ERR_MESSAGE_TOO_LARGE', { args: ['line 3'] })), 'neutral')
})

t.test('nor does a call that was not made because too many are under way', async t => {
  t.equal(classify(new RequestError('SLUICE_ERR_UPSTREAM_BUSY')), 'neutral')
})
