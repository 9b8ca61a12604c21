import t from 'tap'
import { readConnection } from '../../../../lib/http/guard/connection.ts'

t.test('what is about the connection alone needs no change', async t => {
  for (const header of ['close', 'keep-alive', 'Keep-Alive', 'Close', 'keep-alive, close', '']) {
    t.equal(readConnection(header), null, header)
  }
})

t.test('headers that are listed are for one hop; what frames the request is not theirs to list', async t => {
  t.same(readConnection('close, X-Hop'), { kept: 'close', listed: ['x-hop'] })
  t.same(readConnection('X-Hop,,TE , host'), { kept: '', listed: ['x-hop', 'te'] })
  t.same(readConnection('Content-Length, Transfer-Encoding'), { kept: '', listed: [] })
})
