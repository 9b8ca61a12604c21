import { getEventListeners } from 'node:events'
import type { ServerHttp2Stream } from 'node:http2'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Code } from '@connectrpc/connect'
import t from 'tap'
import { HealthCheckResponse_ServingStatus as ServingStatus } from '../../../../gen/grpc/health/v1/health_pb.ts'
import { createChannel } from '../../../../lib/upstream/channel/channel.ts'
import { isUnsent } from '../../../../lib/upstream/grpc/stream-status.ts'
import { createAuthority, issue } from '../../../certificates.ts'
import { until } from '../../../helper.ts'
import { answerHealth, openChannel, startServer, succeed } from './servers.ts'

/** The error of a promise that must fail. */
async function failureOf(answer: Promise<unknown>): Promise<Error & { code?: unknown; cause?: unknown }> {
  try {
    await answer
  } catch (error) {
    return error as Error
  }
  throw new Error('it did not fail')
}

/** A server whose calls stay open until the test answers them. */
async function startSlowServer(t: Parameters<typeof startServer>[0], options = {}) {
  const open: ServerHttp2Stream[] = []
  const server = await startServer(t, options)
  server.onCall = stream => open.push(stream)
  return { server, open }
}

t.test('nothing is connected before the first call', async t => {
  const server = await startServer(t)
  const { call, endpoint, channel } = openChannel(t, server.address)
  await until(() => channel.state().endpoints.length === 1)
  t.equal(endpoint().connection, 'idle')
  t.equal(server.connections, 0)
  await call()
  t.equal(endpoint().connection, 'ready')
})

t.test('all calls share one connection, also those that come while it opens', async t => {
  const server = await startServer(t)
  const { call } = openChannel(t, server.address)
  await Promise.all([call(), call(), call()])
  await call()
  t.equal(server.connections, 1)
  t.equal(server.calls.length, 4)
})

t.test('the state is plain JSON', async t => {
  const server = await startServer(t)
  const { call, channel, events } = openChannel(t, server.address)
  await call()
  t.same(JSON.parse(JSON.stringify(channel.state())), {
    name: 'product',
    target: server.address,
    waiting: 0,
    resolveError: null,
    endpoints: [
      {
        address: server.address,
        connection: 'ready',
        health: 'unknown',
        inFlight: 0,
        calls: 1,
        failures: 0,
        consecutiveFailures: 0,
        ejectedUntil: null,
        lastError: null
      }
    ]
  })
  t.same(events, [
    { type: 'resolved', addresses: [server.address] },
    { type: 'connected', address: server.address }
  ])
})

t.test('a call that comes before its server waits for it', async t => {
  const server = await startServer(t, { isLate: true })
  const { call, events, channel } = openChannel(t, server.address)
  const answer = call()
  await until(() => events.some(({ type }) => type === 'lost'))
  t.equal(channel.state().waiting, 1)
  await server.start()
  await answer
  t.equal(channel.state().waiting, 0)
})

t.test('a call that waits in vain is UNAVAILABLE, was not sent, and says why', async t => {
  const { call } = openChannel(t, '127.0.0.1:1', { waitForReadyMs: 60 })
  const error = await failureOf(call())
  t.match(error, {
    code: Code.Unavailable,
    rawMessage: 'no free connection to product: none in 60 ms',
    cause: { code: 'ECONNREFUSED' }
  })
  t.equal(isUnsent(error), true)
})

t.test('its deadline may be earlier', async t => {
  const { call, events } = openChannel(t, '127.0.0.1:1')
  const error = await failureOf(call({ timeoutMs: 60 }))
  t.match(error, { code: Code.Unavailable, cause: { code: 'ECONNREFUSED' } })
  t.equal(isUnsent(error), true)
  t.ok(events.some(({ type }) => type === 'lost'))
})

t.test('a call that should not wait fails with the first attempt to connect, and at once after that', async t => {
  const { call, endpoint } = openChannel(t, '127.0.0.1:1', { waitForReadyMs: 0, backoff: { baseMs: 60_000 } })
  t.match(await failureOf(call()), { code: Code.Unavailable, cause: { code: 'ECONNREFUSED' } })
  t.equal(endpoint().connection, 'backoff')
  t.match(await failureOf(call()), { code: Code.Unavailable, cause: { code: 'ECONNREFUSED' } })
})

t.test('it does wait for a connection that opens', async t => {
  const server = await startServer(t)
  const { call } = openChannel(t, server.address, { waitForReadyMs: 0 })
  await Promise.all([call(), call()])
})

t.test('a name that has no address fails calls with what the resolver says', async t => {
  const names = {
    lookup: async () => {
      throw Object.assign(new Error('getaddrinfo ENOTFOUND product'), { code: 'ENOTFOUND' })
    },
    resolveSrv: async () => []
  }
  const { call, channel, events } = openChannel(t, 'product:9002', { waitForReadyMs: 0, resolve: { names } })
  t.match(await failureOf(call()), { code: Code.Unavailable, cause: { code: 'ENOTFOUND' } })
  t.equal(channel.state().resolveError, 'getaddrinfo ENOTFOUND product')
  t.match(events, [{ type: 'unresolved', error: { code: 'ENOTFOUND' } }])
})

t.test('after a restart of the server, calls go on', async t => {
  const server = await startServer(t)
  const { call, events } = openChannel(t, server.address)
  await call()
  await server.stop()
  await until(() => events.some(({ type }) => type === 'lost'))
  const answer = call()
  await server.start()
  await answer
  t.equal(server.connections, 2)
})

t.test('a server that takes connections and drops them is not hammered', async t => {
  let connections = 0
  const dropping = createServer(socket => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>(resolve => dropping.listen(0, '127.0.0.1', resolve))
  t.teardown(() => dropping.close())
  const { port } = dropping.address() as { port: number }
  const backoff = { baseMs: 100, maxMs: 100 }
  const { call } = openChannel(t, `127.0.0.1:${port}`, { waitForReadyMs: 350, backoff })
  // As many calls as one likes: they all wait for the same connection.
  await Promise.allSettled(Array.from({ length: 50 }, () => call()))
  t.ok(connections >= 2 && connections <= 5, `${connections} connections`)
})

t.test('calls that find no free stream wait for one, in their order', async t => {
  const { server, open } = await startSlowServer(t, { settings: { maxConcurrentStreams: 1 } })
  const { call, channel } = openChannel(t, server.address)
  const ended: number[] = []
  const answers = [0, 1, 2].map(number => call().then(() => ended.push(number)))
  for (let number = 0; number < 3; number++) {
    await until(() => open.length === number + 1)
    t.equal(channel.state().waiting, 2 - number)
    succeed(open[number]!)
  }
  await Promise.all(answers)
  t.same(ended, [0, 1, 2])
})

t.test('more than may wait fail at once', async t => {
  const { server, open } = await startSlowServer(t, { settings: { maxConcurrentStreams: 1 } })
  const { call } = openChannel(t, server.address, { maxWaiting: 1 })
  const first = call()
  await until(() => open.length === 1)
  const second = call()
  const error = await failureOf(call())
  t.match(error, { code: Code.Unavailable, rawMessage: 'no free connection to product: 1 calls wait already' })
  t.equal(isUnsent(error), true)
  succeed(open[0]!)
  await until(() => open.length === 2)
  succeed(open[1]!)
  await Promise.all([first, second])
})

t.test('a call that waits can be cancelled, and is never sent', async t => {
  const { server, open } = await startSlowServer(t, { settings: { maxConcurrentStreams: 1 } })
  const { call, channel } = openChannel(t, server.address)
  const first = call()
  await until(() => open.length === 1)
  const controller = new AbortController()
  const second = call({ signal: controller.signal })
  controller.abort()
  t.match(await failureOf(second), { code: Code.Canceled })
  t.equal(channel.state().waiting, 0)
  t.equal(getEventListeners(controller.signal, 'abort').length, 0)
  succeed(open[0]!)
  await first
  t.equal(server.calls.length, 1)
})

t.test('after GOAWAY open calls end well, and new ones go over a new connection', async t => {
  const { server, open } = await startSlowServer(t)
  const { call, endpoint } = openChannel(t, server.address)
  const first = call()
  await until(() => open.length === 1)
  for (const session of server.sessions) session.close()
  await until(() => server.connections === 2 && endpoint().connection === 'ready')
  const second = call()
  await until(() => open.length === 2)
  for (const stream of open) succeed(stream)
  await Promise.all([first, second])
  t.equal(server.connections, 2)
})

t.test('a Unix domain socket is a target', { skip: process.platform === 'win32' }, async t => {
  const path = join(tmpdir(), `sluice-${process.pid}-${Math.floor(performance.now())}.sock`)
  const server = await startServer(t, { path })
  const { call, endpoint } = openChannel(t, `unix:${path}`)
  await call()
  t.same(server.calls, ['localhost'])
  t.equal(endpoint().address, path)
})

/** A server with a certificate for `product.internal` and nothing else, and names that all resolve to it. */
async function startTlsServer(t: Parameters<typeof startServer>[0]) {
  const ca = createAuthority()
  const server = await startServer(t, { tls: issue({ ca, names: ['product.internal'] }) })
  const names = { lookup: async () => [{ address: '127.0.0.1', family: 4 }], resolveSrv: async () => [] }
  return { ca: ca.cert, server, resolve: { names, allowLoopback: true } }
}

t.test('the certificate must be for the name of the target, which is the authority too', async t => {
  const { ca, server, resolve } = await startTlsServer(t)
  const { call } = openChannel(t, `https://product.internal:${server.port}`, { tls: { ca }, resolve })
  await call()
  t.same(server.calls, [`product.internal:${server.port}`])
})

t.test('a certificate for another name is refused, and that is the reason', async t => {
  const { ca, server, resolve } = await startTlsServer(t)
  const options = { tls: { ca }, resolve, waitForReadyMs: 0 }
  const { call } = openChannel(t, `https://order.internal:${server.port}`, options)
  t.match(await failureOf(call()), { code: Code.Unavailable, cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' } })
  t.same(server.calls, [])
})

t.test('a target without a scheme has TLS when there are options for it, and http:// never', async t => {
  const { ca, server, resolve } = await startTlsServer(t)
  await openChannel(t, `product.internal:${server.port}`, { tls: { ca }, resolve }).call()
  const plain = await startServer(t)
  await openChannel(t, `http://${plain.address}`, { tls: { ca } }).call()
})

t.test('whether an upstream serves is asked of the upstream', async t => {
  const server = await startServer(t)
  const { channel } = openChannel(t, server.address)
  t.equal(await channel.isServing(2_000), true, 'it has no health service')
  server.onHealth = stream => answerHealth(stream, ServingStatus.NOT_SERVING)
  t.equal(await channel.isServing(2_000), false)
  server.onHealth = stream => answerHealth(stream, ServingStatus.SERVING)
  t.equal(await channel.isServing(2_000), true)
  server.onHealth = () => {}
  await t.rejects(channel.isServing(30), { code: Code.DeadlineExceeded })
})

t.test('one that cannot be reached does not say, and is not waited for as a call would', async t => {
  const { channel } = openChannel(t, '127.0.0.1:1', { waitForReadyMs: 600_000 })
  await t.rejects(channel.isServing(600_000), { code: Code.Unavailable, rawMessage: /none connects/ })
})

t.test('what ends the channel ends its calls', async t => {
  const { server, open } = await startSlowServer(t, { settings: { maxConcurrentStreams: 1 } })
  const { call, channel } = openChannel(t, server.address)
  const sent = call()
  await until(() => open.length === 1)
  const waiting = call()
  channel.close()
  t.match(await failureOf(sent), { code: Code.Unavailable })
  t.match(await failureOf(waiting), { code: Code.Unavailable })
  t.match(await failureOf(call()), { code: Code.Unavailable, rawMessage: /the channel is closed/ })
  await until(() => server.sessions.size === 0)
  t.same(channel.state().endpoints, [])
})

t.test('what ends a channel that never connected leaves nothing behind', async t => {
  const before = process.getActiveResourcesInfo().length
  const channel = createChannel({ name: 'product', target: 'localhost:1,127.0.0.1:1' })
  channel.close()
  channel.close()
  await until(() => process.getActiveResourcesInfo().length <= before)
  t.same(channel.state().endpoints, [])
})
