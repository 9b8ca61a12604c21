import t from 'tap'
import { connectionTemplate } from '../../../../lib/upstream/http2/header-blocks.ts'

t.test('every request is a POST to its upstream, by the scheme that it is reached by', async t => {
  t.same(connectionTemplate(false, 'a:1').fields, [':method', 'POST', ':scheme', 'http', ':authority', 'a:1'])
  t.same(connectionTemplate(true, 'a:1').fields, [':method', 'POST', ':scheme', 'https', ':authority', 'a:1'])
})
