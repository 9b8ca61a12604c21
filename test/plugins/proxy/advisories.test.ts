import { createServer } from 'node:https'
import t from 'tap'
import { createAuthority, issue } from '../../certificates.ts'
import { until } from '../../helper.ts'
import { exchange, requestBytes } from '../../raw-client.ts'
import { buildProxy, listen, startHttp, startRaw } from './upstream.ts'

const escapes = [
  '/legacy/../admin',
  '/legacy/%2e%2e/admin',
  '/legacy/..%2fadmin',
  '/legacy/a%2f..%2f..%2fadmin',
  '/legacy/..%5cadmin',
  '/legacy/..;/admin',
  '/legacy/..;a=b/admin',
  '/legacy/%252e%252e/admin',
  '/legacy/%252fadmin',
  '/legacy//evil.example/admin',
  '/legacy/a//b'
]
for (const path of escapes) {
  t.test(`a path cannot lead out of what is proxied: ${path}`, async t => {
    const { url: target, seen } = await startHttp(t)
    const { url } = await buildProxy(t, `${target}/app`)
    const [answer] = await exchange(url, requestBytes([`GET ${path} HTTP/1.1`, 'Connection: close']))
    t.equal(answer?.status, 400)
    t.same(seen, [])
  })
}

t.test('a client cannot have headers of the gateway taken off by listing them in Connection', async t => {
  const { url: target, seen } = await startHttp(t)
  const { url } = await buildProxy(t, target)
  const listed = 'Connection: close, x-request-id, x-forwarded-for, traceparent, x-mine'
  await exchange(url, requestBytes(['GET /legacy HTTP/1.1', listed, 'X-Mine: 1']))
  const headers = seen[0]?.headers ?? {}
  for (const name of ['x-request-id', 'x-forwarded-for', 'traceparent']) t.ok(headers[name], name)
  t.equal(headers['x-mine'], undefined)
})

t.test('headers of one hop do not reach the service', async t => {
  const { url: target, seen } = await startHttp(t)
  const { url } = await buildProxy(t, target)
  const lines = ['TE: trailers', 'Keep-Alive: timeout=5', 'Proxy-Authorization: Basic eDp5', 'Expect: 100-continue']
  const answer = (await exchange(url, requestBytes(['GET /legacy HTTP/1.1', 'Connection: close', ...lines]))).at(-1)
  t.equal(answer?.status, 200)
  for (const name of ['te', 'keep-alive', 'proxy-authorization', 'expect'])
    t.equal(seen[0]?.headers[name], undefined, name)
})

t.test('an Upgrade is served as a plain request: there is no WebSocket', async t => {
  const { url: target, seen } = await startHttp(t)
  const { url } = await buildProxy(t, target, { access: 'user' })
  const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: eA==']
  const [answer] = await exchange(url, requestBytes(['GET /legacy HTTP/1.1', ...upgrade, 'Connection: close']))
  t.equal(answer?.status, 401)
  t.same(seen, [])
})

t.test('a GET that is answered with 503 is not tried again, whatever the service says', async t => {
  const { url: target, seen } = await startHttp(t, (_request, response) => {
    response.writeHead(503, { 'retry-after': '1' }).end()
  })
  const { url } = await buildProxy(t, target)
  t.equal((await fetch(`${url}/legacy`)).status, 503)
  t.equal(seen.length, 1)
})

t.test('an answer that nobody asked for reaches no other user', async t => {
  const answer = (text: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`
  const { url: target, sockets } = await startRaw(t, (socket, count) => {
    socket.write(`${answer(`mine ${count}`)}${answer('poison')}`)
  })
  const { url } = await buildProxy(t, target)
  for (let count = 0; count < 3; count++) t.equal(await (await fetch(`${url}/legacy`)).text(), `mine ${count}`)
  t.equal(sockets.size, 3, 'a connection is for one request')
})

t.test('the body of a GET is no second request', async t => {
  const { url: target, seen } = await startHttp(t)
  const { url } = await buildProxy(t, target)
  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
  const lines = ['GET /legacy HTTP/1.1', `Content-Length: ${smuggled.length}`, 'Connection: close']
  const answers = await exchange(url, requestBytes(lines, smuggled))
  t.same(
    answers.map(({ status }) => status),
    [200]
  )
  t.match(seen, [{ url: '/', body: '' }])
  t.equal(seen.length, 1)
})

t.test('certificates of services are verified', async t => {
  const ca = createAuthority()
  const right = issue({ ca, names: ['127.0.0.1'] })
  const other = issue({ ca, names: ['other.example'] })
  const cases = [
    { what: 'the right one', tls: right, route: { ca: ca.cert }, status: 200 },
    { what: 'one for another name', tls: other, route: { ca: ca.cert }, status: 503 },
    { what: 'one of an authority that nobody knows', tls: right, route: {}, status: 503 }
  ]
  for (const { what, tls, route, status } of cases) {
    const server = createServer(tls, (_request, response) => response.end('here'))
    const target = (await listen(t, server, () => server.closeAllConnections())).replace('http:', 'https:')
    const { url } = await buildProxy(t, target, route)
    t.equal((await fetch(`${url}/legacy`)).status, status, what)
  }
})

t.test('a client that goes away does not count against the service', async t => {
  const { url: target, seen } = await startHttp(t, () => {})
  const { url } = await buildProxy(t, target)
  for (let count = 1; count <= 4; count++) {
    const controller = new AbortController()
    const asked = fetch(`${url}/legacy`, { signal: controller.signal })
    await until(() => seen.length === count)
    controller.abort()
    await t.rejects(asked)
  }
  t.equal(seen.length, 4, 'the circuit let all of them through')
})
