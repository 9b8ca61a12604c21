import { once } from 'node:events'
import { createServer as createHttp2Server, type Http2Server } from 'node:http2'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { createSessionManager, type SessionOptions } from '../../../lib/upstream/session.ts'
import { until } from '../../helper.ts'

type Tap = Pick<typeof t, 'teardown'>

/** An HTTP/2 server that answers 200, and counts its connections. */
async function startServer(t: Tap, onStream?: (server: Http2Server) => void) {
  const server = createHttp2Server()
  const counts = { sessions: 0, pings: 0 }
  server.on('session', session => {
    counts.sessions += 1
    session.on('ping', () => {
      counts.pings += 1
    })
    t.teardown(() => session.destroy())
  })
  if (onStream === undefined) server.on('stream', stream => stream.respond({ ':status': 200 }, { endStream: true }))
  else onStream(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { server, counts, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

function createManager(t: Tap, options: Pick<SessionOptions, 'url'> & Partial<SessionOptions>) {
  const manager = createSessionManager({ connectTimeoutMs: 1_000, ...options })
  t.teardown(() => manager.abort())
  return manager
}

async function statusOf(manager: ReturnType<typeof createSessionManager>): Promise<unknown> {
  await manager.ready()
  const stream = manager.request({ ':method': 'POST', ':path': '/' })
  const [headers] = await once(stream, 'response')
  stream.resume()
  await once(stream, 'close')
  return headers[':status']
}

t.test('requests share one connection, also those that come while it opens', async t => {
  const { url, counts } = await startServer(t)
  const manager = createManager(t, { url })
  t.same(await Promise.all([statusOf(manager), statusOf(manager), statusOf(manager)]), [200, 200, 200])
  t.equal(counts.sessions, 1)
})

t.test('after a connection was lost, the next request opens another', async t => {
  const { url, counts } = await startServer(t)
  const manager = createManager(t, { url })
  await statusOf(manager)
  manager.abort()
  t.equal(await statusOf(manager), 200)
  t.equal(counts.sessions, 2)
})

t.test('after GOAWAY, the next request opens another', async t => {
  const { url, counts, server } = await startServer(t)
  const manager = createManager(t, { url })
  const [[session]] = await Promise.all([once(server, 'session'), statusOf(manager)])
  const closed = once(session, 'close')
  session.close()
  await closed
  await until(async () => (await statusOf(manager).catch(() => 0)) === 200)
  t.equal(counts.sessions, 2)
})

t.test('nobody listens: the request fails, and the next one tries again', async t => {
  const manager = createManager(t, { url: 'http://127.0.0.1:1' })
  for (let attempt = 0; attempt < 2; attempt++) await t.rejects(statusOf(manager), { code: 'ECONNREFUSED' })
})

t.test('a host that does not finish its handshake is given up', async t => {
  // Takes the connection and says nothing: TLS never gets its answer.
  const silent = createServer(socket => t.teardown(() => socket.destroy()))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.teardown(() => silent.close())
  const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`
  await t.rejects(statusOf(createManager(t, { url, connectTimeoutMs: 30 })), { code: 'ETIMEDOUT' })
})

t.test('an open call on a silent connection makes it answer a PING', async t => {
  const { url, counts } = await startServer(t, server => server.on('stream', () => {}))
  const manager = createManager(t, { url, pingIntervalMs: 10 })
  await manager.ready()
  const stream = manager.request({ ':method': 'POST', ':path': '/' })
  stream.on('error', () => {})
  await until(() => counts.pings > 1)
  t.equal(stream.destroyed, false)
})

t.test('a connection that stays silent is asked more and more rarely', async t => {
  const { url, counts } = await startServer(t, server => server.on('stream', () => {}))
  const manager = createManager(t, { url, pingIntervalMs: 4 })
  await manager.ready()
  const stream = manager.request({ ':method': 'POST', ':path': '/' })
  stream.on('error', () => {})
  const startedAt = performance.now()
  await until(() => counts.pings === 4)
  // After 4, 16, 64 and 256 ms of silence each.
  t.ok(performance.now() - startedAt >= 4 + 16 + 64 + 256)
})

t.test('a connection on which something is heard is not asked', async t => {
  const { url, counts } = await startServer(t, server =>
    server.on('stream', stream => {
      stream.respond({ ':status': 200 })
      const timer = setInterval(() => stream.write('.'), 5)
      stream.on('error', () => {})
      stream.once('close', () => clearInterval(timer))
    })
  )
  const manager = createManager(t, { url, pingIntervalMs: 100 })
  await manager.ready()
  const stream = manager.request({ ':method': 'POST', ':path': '/' })
  stream.on('error', () => {}).resume()
  const startedAt = performance.now()
  await until(() => performance.now() - startedAt > 450)
  t.equal(counts.pings, 0)
})

t.test('a connection that answers no PING is closed, and its calls fail', async t => {
  // Opens as HTTP/2 does, with a SETTINGS frame, and then never says anything again.
  const emptySettings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0])
  const mute = createServer(socket => {
    socket.on('error', () => {})
    socket.write(emptySettings)
    t.teardown(() => socket.destroy())
  })
  mute.listen(0, '127.0.0.1')
  await once(mute, 'listening')
  t.teardown(() => mute.close())
  const url = `http://127.0.0.1:${(mute.address() as AddressInfo).port}`
  const manager = createManager(t, { url, pingIntervalMs: 10, pingTimeoutMs: 20 })
  await manager.ready()
  const stream = manager.request({ ':method': 'POST', ':path': '/' })
  const [error] = await once(stream, 'error').catch(error => [error])
  t.match(error, { message: 'no answer to a PING' })
})
