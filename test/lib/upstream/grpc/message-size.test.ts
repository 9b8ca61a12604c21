import { Code } from '@connectrpc/connect'
import t from 'tap'
import { checkSize } from '../../../../lib/upstream/grpc/message-size.ts'

t.test('a message above the limit is not sent, and the client is told', async t => {
  checkSize(Buffer.alloc(10), 10)
  t.throws(() => checkSize(Buffer.alloc(11), 10), {
    code: Code.ResourceExhausted,
    cause: { code: 'SLUICE_ERR_BODY_TOO_LARGE' }
  })
})
