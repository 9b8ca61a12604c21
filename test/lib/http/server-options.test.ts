import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import t from 'tap'
import { publicPolicy } from '../../../lib/policies/route-policy.ts'
import { build, until } from '../../helper.ts'
import { exchange, requestBytes } from '../../raw-client.ts'

/** A connection that the test may leave behind. */
async function open(t: Pick<typeof import('tap').default, 'teardown'>, url: string): Promise<Socket> {
  const { port, hostname } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  return socket
}

t.test('bytes that are no request get the one shape, and the connection ends', async t => {
  const { url } = await build(t)
  const [answer] = await exchange(url, requestBytes(['GET / HTTP/1.1', 'Content-Length: 1', 'Content-Length: 2']))
  t.equal(answer?.status, 400)
  t.match(answer?.body, {
    error: 'malformed request',
    code: 'INVALID_ARGUMENT',
    reason: 'MALFORMED_REQUEST',
    request_id: /.+/
  })
})

t.test('headers above 16 KiB: 431', async t => {
  const { url } = await build(t)
  const [answer] = await exchange(url, requestBytes(['GET / HTTP/1.1', `X: ${'x'.repeat(17 * 1024)}`]))
  t.equal(answer?.status, 431)
  t.equal(answer?.body.reason, 'HEADERS_TOO_LARGE')
})

const late = {
  'headers that do not end': 'GET / HTTP/1.1\r\nHost: gateway.test\r\n',
  'a request line that does not end': 'GE',
  'a body that does not end': requestBytes(
    ['POST /api/v1/users/login HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 100'],
    '{'
  ),
  'a length that looks octal and is decimal': requestBytes(
    ['POST /api/v1/users/login HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 010'],
    '{"a":123'
  ),
  'chunks that do not end': requestBytes(
    ['POST /api/v1/users/login HTTP/1.1', 'Content-Type: application/json', 'Transfer-Encoding: chunked'],
    '1\r\n{\r\n'
  )
}

for (const [what, bytes] of Object.entries(late)) {
  t.test(`${what}: 408 when the time is over, and the service is not asked`, async t => {
    const { url, upstream } = await build(t, { REQUEST_TIMEOUT_MS: '50' })
    const answers = await exchange(url, bytes)
    t.same(
      answers.map(({ status, body }) => [status, body.reason]),
      [[408, 'REQUEST_TIMEOUT']]
    )
    t.same(upstream.calls, [])
  })
}

t.test('slow clients are cut off, however many', async t => {
  const { url } = await build(t, { REQUEST_TIMEOUT_MS: '50' })
  const closed: Promise<unknown>[] = []
  for (let count = 0; count < 200; count++) {
    const socket = await open(t, url)
    closed.push(once(socket, 'close'))
    socket.resume().write('GET /health HTTP/1.1\r\nHost: gateway.test\r\nX-Slow: ')
  }
  await Promise.all(closed)
  t.equal((await fetch(`${url}/health`)).status, 200)
})

t.test('a client that does not read its answers is cut off, and what is kept for it is bounded', async t => {
  const categories = [{ name: 'x'.repeat(2 * 1024 * 1024) }]
  const { gateway, url, upstream } = await build(t, {}, { product: { listCategories: () => ({ categories }) } })
  gateway.server.setTimeout(200)
  const accepted = once(gateway.server, 'connection')
  const client = await open(t, url)
  client.pause()
  const [connection] = (await accepted) as [Socket]
  client.write(requestBytes(['GET /api/v1/categories HTTP/1.1']).repeat(1_000))
  await once(connection, 'close')
  t.ok(upstream.calls.length <= 32, `${upstream.calls.length} calls`)
  t.equal((await fetch(`${url}/health`)).status, 200)
})

t.test('more connections than may be are closed as they come, and operators still get an answer', async t => {
  const { gateway, url } = await build(t, { MAX_CONNECTIONS: '2', ADMIN_PORT: '0' })
  await open(t, url)
  await open(t, url)
  const third = await open(t, url)
  await once(third.resume(), 'close')
  const { port } = gateway.admin.server.address() as { port: number }
  t.equal((await fetch(`http://127.0.0.1:${port}/upstreams`)).status, 200)
})

t.test('what is no request is never written into an answer under way', async t => {
  const { gateway, url } = await build(t, {}, {}, async scope => {
    scope.get('/slow', { config: { policy: publicPolicy } }, (_request, reply) => {
      reply.hijack().raw.writeHead(200, { 'content-type': 'text/plain' }).write('begun')
    })
  })
  const socket = await open(t, url)
  let received = ''
  socket.setEncoding('latin1').on('data', text => {
    received += text
  })
  socket.write(requestBytes(['GET /slow HTTP/1.1']))
  await until(() => received.includes('begun'))
  socket.write('no request\r\n\r\n')
  await once(socket, 'close')
  t.match(received, /begun\r\n$/)
  t.equal(gateway.server.listening, true)
})

t.test('what is no request behind a good one does not get its answer', async t => {
  let release = () => {}
  let arrived = false
  const { url } = await build(t, {}, {}, async scope => {
    scope.get('/slow', { config: { policy: publicPolicy } }, async () => {
      arrived = true
      await new Promise<void>(resolve => {
        release = resolve
      })
      return 'done'
    })
  })
  const answers = exchange(url, `${requestBytes(['GET /slow HTTP/1.1'])}no request\r\n\r\n`)
  await until(() => arrived)
  release()
  t.same(
    (await answers).map(({ status, text, headers }) => [status, text, headers.connection]),
    [[200, 'done', 'close']]
  )
})

t.test('the limits of the server are set', async t => {
  const { gateway } = await build(t)
  const server: Server = gateway.server
  t.equal(server.requestTimeout, 15_000)
  t.equal(server.headersTimeout, 5_000)
  t.equal(server.keepAliveTimeout, 15_000)
  t.equal(server.timeout, 30_000)
  t.equal(server.maxRequestsPerSocket, 10_000)
  t.equal(server.maxConnections, 10_000)
  t.equal((server as { insecureHTTPParser?: boolean }).insecureHTTPParser, false)
  t.equal(gateway.initialConfig.bodyLimit, 64 * 1024)
  t.match(gateway.initialConfig, { handlerTimeout: 20_250 })
})

t.test('operators may set how long requests and connections last', async t => {
  const { gateway } = await build(t, { REQUEST_TIMEOUT_MS: '3000', KEEP_ALIVE_TIMEOUT_MS: '75000' })
  t.equal(gateway.server.requestTimeout, 3_000)
  t.equal(gateway.server.headersTimeout, 3_000)
  t.equal(gateway.server.keepAliveTimeout, 75_000)
})

t.test('the spelling of a path counts', async t => {
  const { call } = await build(t)
  for (const path of ['/HEALTH', '/health/', '//health', '/health;x'])
    t.equal((await call('GET', path)).status, 404, path)
})
