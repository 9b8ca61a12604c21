import t from 'tap'
import { passedHeaders } from '../../../lib/http/passed-headers.ts'

t.test('what is meant for the client is passed on, and nothing else', async t => {
  const header = new Headers({ 'idempotency-replayed': 'true', server: 'inside', 'set-cookie': 'a=b' })
  t.same(passedHeaders(header), { 'idempotency-replayed': 'true' })
})

t.test('it may come before the message or after it', async t => {
  const trailer = new Headers({ 'retry-after': '3' })
  t.same(passedHeaders(new Headers(), trailer), { 'retry-after': '3' })
  t.same(passedHeaders(new Headers({ 'retry-after': '1' }), trailer), { 'retry-after': '1' })
})
