import t from 'tap'
import { passedFields, passedHeaders } from '../../../lib/http/passed-headers.ts'

t.test('what is meant for the client is passed on, and nothing else', async t => {
  const said = ['idempotency-replayed', 'true', 'server', 'inside', 'set-cookie', 'a=b']
  t.same(passedFields(said), { 'idempotency-replayed': 'true' })
  t.same(passedHeaders(new Headers({ 'retry-after': '3', server: 'inside' })), { 'retry-after': '3' })
})

t.test('it may come before the message or after it', async t => {
  const trailers = ['retry-after', '3']
  t.same(passedFields([], trailers), { 'retry-after': '3' })
  t.same(passedFields(['retry-after', '1'], trailers), { 'retry-after': '1' })
})
