import t from 'tap'
import { signToken, userId } from '../helper.ts'
import { buildProxy, startHttp } from './proxy/upstream.ts'

t.test('a request below the prefix gets the answer of the service', async t => {
  const { url: target, seen } = await startHttp(t, (_request, response) => {
    response.writeHead(201, { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] }).end('made')
  })
  const { url } = await buildProxy(t, `${target}/app`)
  const answer = await fetch(`${url}/legacy/things/7?q=a%2Fb&q=c`, {
    method: 'POST',
    body: '{"a": 1}',
    headers: { 'content-type': 'application/json', cookie: 'k=v' }
  })
  t.equal(answer.status, 201)
  t.equal(await answer.text(), 'made')
  t.same(answer.headers.getSetCookie(), ['a=1', 'b=2'])
  t.match(seen, [{ method: 'POST', url: '/app/things/7?q=a%2Fb&q=c', body: '{"a": 1}', headers: { cookie: 'k=v' } }])
})
