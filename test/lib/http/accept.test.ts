import t from 'tap'
import { parseAccept } from '../../../lib/http/accept.ts'

t.test('media ranges with their qualities, in lower case', async t => {
  t.same(parseAccept('text/html, Application/JSON;q=0.9 , */*;charset=utf-8;Q=0.1'), [
    { type: 'text', subtype: 'html', quality: 1 },
    { type: 'application', subtype: 'json', quality: 0.9 },
    { type: '*', subtype: '*', quality: 0.1 }
  ])
})

t.test('what is malformed says nothing', async t => {
  for (const header of ['', ',', 'json', 'a/b/c', '/json', 'a b/c', 'a/b;q=2', 'a/b;q=x', 'a/b;q=0.1234', 'a/b;q=']) {
    t.same(parseAccept(header), [], header)
  }
})
