import t from 'tap'
import { buildProxy, startHttp, startRaw } from './upstream.ts'

const broken: readonly (readonly [what: string, bytes: string, status: number])[] = [
  ['nothing at all', '', 503],
  ['what is no HTTP', 'SSH-2.0-OpenSSH\r\n', 502],
  ['a broken status line', 'HTTP/1.1 abc\r\n\r\n', 502],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx', 502],
  [
    'a length besides chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    502
  ],
  ['a status that there is not', 'HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n', 502],
  ['too many headers', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 502],
  ['less than it says', 'HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nContent-Length: 10\r\n\r\nhalf', 502],
  ['more than is taken', 'HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n', 502]
]
for (const [what, bytes, status] of broken) {
  t.test(`a service that answers with ${what} is ${status}, in the one shape`, async t => {
    const { url: target } = await startRaw(t, socket => socket.end(bytes))
    const { url } = await buildProxy(t, target, { maxAnswerBytes: 1000 })
    const answer = await fetch(`${url}/legacy`)
    t.equal(answer.status, status)
    t.match(await answer.json(), { error: String, code: String, reason: /^UPSTREAM_/ })
    t.same(answer.headers.getSetCookie(), [], 'nothing of the broken answer')
  })
}

t.test('a service that is down is 503', async t => {
  const { url } = await buildProxy(t, 'http://127.0.0.1:1')
  const answer = await fetch(`${url}/legacy`)
  t.equal(answer.status, 503)
  t.match(await answer.json(), { reason: 'UPSTREAM_UNAVAILABLE' })
})

t.test('a service that does not answer in time is 504', async t => {
  const { url: target } = await startHttp(t, () => {})
  const { url } = await buildProxy(t, target, { timeoutMs: 50 })
  const answer = await fetch(`${url}/legacy`)
  t.equal(answer.status, 504)
  t.match(await answer.json(), { reason: 'UPSTREAM_TIMEOUT' })
  t.equal((await fetch(`${url}/legacy`, { method: 'POST', body: 'with a body' })).status, 504)
})

t.test('a service that drips its answer has no more time', async t => {
  const { url: target } = await startRaw(t, socket => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx')
  })
  const { url } = await buildProxy(t, target, { timeoutMs: 50 })
  t.equal((await fetch(`${url}/legacy`)).status, 504)
})

t.test('a long answer that breaks off is not taken for whole', async t => {
  const { url: target } = await startRaw(t, socket => {
    socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n')
  })
  const { url } = await buildProxy(t, target)
  await t.rejects(fetch(`${url}/legacy`).then(answer => answer.text()))
})

t.test('headers of one hop do not reach the client', async t => {
  const { url: target } = await startHttp(t, (_request, response) => {
    response
      .writeHead(200, {
        connection: 'close, x-hop',
        'x-hop': '1',
        'proxy-authenticate': 'Basic',
        'x-request-id': 'theirs'
      })
      .end()
  })
  const { url } = await buildProxy(t, target)
  const { headers } = await fetch(`${url}/legacy`)
  for (const name of ['x-hop', 'proxy-authenticate']) t.equal(headers.get(name), null, name)
  t.not(headers.get('x-request-id'), 'theirs')
})

t.test('requests above what may be under way are refused', async t => {
  const { promise: released, resolve: release } = Promise.withResolvers<void>()
  const { promise: asked, resolve: ask } = Promise.withResolvers<void>()
  const { url: target } = await startHttp(t, (_request, response) => {
    ask()
    released.then(() => response.end())
  })
  const { url } = await buildProxy(t, target, { maxInFlight: 1 })
  const first = fetch(`${url}/legacy`)
  await asked
  const second = await fetch(`${url}/legacy`)
  t.equal(second.status, 503)
  t.match(await second.json(), { reason: 'UPSTREAM_BUSY' })
  release()
  t.equal((await first).status, 200)
})
