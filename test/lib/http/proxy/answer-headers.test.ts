import t from 'tap'
import { answerHeaders } from '../../../../lib/http/proxy/answer-headers.ts'

const mapping = { prefix: '/legacy', origin: 'http://service', basePath: '' }

t.test('headers of one hop are left out, and those that Connection lists', async t => {
  const headers = { connection: 'close, X-Hop', 'x-hop': '1', 'keep-alive': '5', upgrade: 'h2c', etag: '"1"' }
  t.same(answerHeaders(headers, mapping), { etag: '"1"' })
})

t.test('a value that no header can have is no answer', async t => {
  t.throws(() => answerHeaders({ 'x-a': 'a\u0001' }, mapping), { code: 'SLUICE_ERR_UPSTREAM_INVALID' })
})
