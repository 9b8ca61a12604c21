import t from 'tap'
import { requestHeaders } from '../../../../lib/http/proxy/request-headers.ts'

const passed = {
  requestId: 'r1',
  peerAddress: '192.0.2.9',
  host: 'shop.example',
  protocol: 'https',
  subject: null,
  authorization: null,
  hasBody: false
}

t.test('what a trusted proxy saw stays before what the gateway saw', async t => {
  const sent = requestHeaders({ 'x-forwarded-for': '198.51.100.7' }, passed)
  t.equal(sent['x-forwarded-for'], '198.51.100.7, 192.0.2.9')
})

t.test('names of users are visible ASCII, and no two become the same', async t => {
  const subjects = ['auth0|7', 'a b', 'a%20b', 'zoë', 'x\r\ny: z', '\ud800']
  const sent = subjects.map(subject => requestHeaders({}, { ...passed, subject })['x-user-id'])
  t.same(sent, ['auth0|7', 'a%20b', 'a%2520b', 'zo%C3%AB', 'x%0D%0Ay:%20z', '%EF%BF%BD'])
})

t.test('the trace of the client is not passed on beside ours', async t => {
  const sent = requestHeaders({ traceparent: 'a', tracestate: 'b', baggage: 'c', cookie: 'k=v' }, passed)
  t.match(sent, { traceparent: undefined, tracestate: undefined, baggage: undefined, cookie: 'k=v' })
})

t.test('a body that is not passed on has no length', async t => {
  t.equal(requestHeaders({ 'content-length': '5' }, passed)['content-length'], undefined)
  t.equal(requestHeaders({ 'content-length': '5' }, { ...passed, hasBody: true })['content-length'], '5')
})
