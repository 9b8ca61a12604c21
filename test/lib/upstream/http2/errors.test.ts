import t from 'tap'
import { ConnectionError, ErrorCode, errorCodeName } from '../../../../lib/upstream/http2/errors.ts'

t.test('a code is told by its name, and one that is unknown by its number', async t => {
  t.equal(errorCodeName(0), 'NO_ERROR')
  t.equal(errorCodeName(11), 'ENHANCE_YOUR_CALM')
  t.equal(errorCodeName(0x1f), '0x1f')
  t.match(new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'odd'), { message: 'odd (PROTOCOL_ERROR)', code: 1 })
})
