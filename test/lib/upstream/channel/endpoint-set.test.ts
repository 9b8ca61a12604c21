import type { ServerHttp2Stream } from 'node:http2'
import { Code, ConnectError } from '@connectrpc/connect'
import { trace } from '@opentelemetry/api'
import t from 'tap'
import { HealthCheckResponse_ServingStatus as ServingStatus } from '../../../../gen/grpc/health/v1/health_pb.ts'
import { createUpstreamCircuit, withBreaker } from '../../../../lib/policies/breaker.ts'
import { withRetry } from '../../../../lib/policies/retry.ts'
import { RetryBudget } from '../../../../lib/policies/retry-budget.ts'
import type { ChannelOptions } from '../../../../lib/upstream/channel/options.ts'
import type { Call } from '../../../../lib/upstream/grpc/call.ts'
import { createWire } from '../../../../lib/upstream/grpc/wire.ts'
import { Flag, FrameType } from '../../../../lib/upstream/http2/frames.ts'
import { SettingId } from '../../../../lib/upstream/http2/settings.ts'
import { until } from '../../../helper.ts'
import { rawFrame } from '../grpc/servers.ts'
import { type ClientConnection, frame, literal, settings, startFrameServer, status200 } from '../http2/frame-server.ts'
import { startDnsServer } from './dns-server.ts'
import {
  answerHealth,
  method,
  openChannel,
  refuse,
  sayHealth,
  startServer,
  succeed,
  type Tap,
  type TestServer
} from './servers.ts'

const { SERVING, NOT_SERVING } = ServingStatus
const unavailable = 14

/** Servers, and a channel that is connected to all of them. */
async function openTo(t: Tap, servers: TestServer[], options: Partial<ChannelOptions> = {}) {
  const opened = openChannel(t, servers.map(({ address }) => address).join(), options)
  await opened.call()
  await until(() => opened.channel.state().endpoints.every(({ connection }) => connection === 'ready'))
  for (const server of servers) server.calls.length = 0
  return opened
}

function startServers(t: Tap, count: number): Promise<TestServer[]> {
  return Promise.all(Array.from({ length: count }, () => startServer(t)))
}

/** How many of `count` calls, one after the other, each server had; failures are counted in the end. */
async function spread(servers: TestServer[], call: () => Promise<unknown>, count: number) {
  for (const server of servers) server.calls.length = 0
  let failures = 0
  for (let made = 0; made < count; made++) await call().catch(() => (failures += 1))
  return { calls: servers.map(({ calls }) => calls.length), failures }
}

/** The time of ejections, which a test moves on. */
function holdClock(t: Tap) {
  const { now } = performance
  let aheadMs = 0
  performance.now = () => now.call(performance) + aheadMs
  t.teardown(() => {
    performance.now = now
  })
  return (ms: number) => {
    aheadMs += ms
  }
}

t.test('calls go to one endpoint after the other', async t => {
  const servers = await startServers(t, 3)
  const { call } = await openTo(t, servers)
  t.same(await spread(servers, call, 9), { calls: [3, 3, 3], failures: 0 })
})

t.test('with least_request, they go around an endpoint that is slow', async t => {
  const servers = await startServers(t, 2)
  const { call, channel } = await openTo(t, servers, { balancing: 'least_request' })
  const held: ServerHttp2Stream[] = []
  servers[0]!.onCall = stream => held.push(stream)
  const slow: Promise<unknown>[] = []
  while (held.length === 0) {
    slow.push(call())
    await until(() => channel.state().endpoints.every(({ inFlight }, at) => at === 0 || inFlight === 0))
  }
  t.same((await spread(servers, call, 10)).calls, [0, 10])
  for (const stream of held) succeed(stream)
  await Promise.all(slow)
})

t.test('an endpoint that failed a call is not tried again while there is another', async t => {
  const servers = await startServers(t, 3)
  const { channel } = await openTo(t, servers)
  const attempts: Call[] = []
  const avoid = new Set<unknown>()
  const wire = createWire({
    send: call => {
      const attempt = { ...call, avoid }
      attempts.push(attempt)
      return channel.send(attempt)
    },
    writeMaxBytes: 1024
  })
  for (let made = 0; made < 3; made++) {
    await wire.unary(method, new Uint8Array(), { timeoutMs: 20_000 })
    avoid.add(attempts.at(-1)!.endpoint)
  }
  t.equal(avoid.size, 3)
  t.same(attempts.map(({ endpoint }) => String(endpoint)).sort(), servers.map(({ address }) => address).sort())
})

t.test('one endpoint of three that fails is ejected, and calls go to the others', async t => {
  const servers = await startServers(t, 3)
  const { call, events, endpoint } = await openTo(t, servers)
  const [bad] = servers
  bad!.onCall = stream => refuse(stream, unavailable)
  t.same(await spread(servers, call, 15), { calls: [5, 5, 5], failures: 5 })
  t.match(events.at(-1), { type: 'ejected', address: bad!.address, reason: 'consecutive failures', forMs: 30_000 })
  t.same(await spread(servers, call, 30), { calls: [0, 15, 15], failures: 0 })
  const { ejectedUntil, failures } = endpoint(bad!.address)
  t.equal(failures, 5)
  t.ok(Date.parse(ejectedUntil!) > Date.now() + 25_000)
})

t.test('with retries, nobody sees that it fails, and the circuit of the service stays closed', async t => {
  const servers = await startServers(t, 3)
  const { channel, events } = await openTo(t, servers)
  const circuit = createUpstreamCircuit('product', {
    windowMs: 60_000,
    minCalls: 3,
    failureRatio: 0.6,
    openMs: 10_000,
    probes: 1
  })
  t.teardown(() => circuit.circuit.dispose())
  const retry = withRetry({ budget: new RetryBudget(), baseMs: 1 })
  const policies = [withBreaker(circuit, trace.getTracer('test')), retry]
  const wire = createWire({ send: channel.send, policies, writeMaxBytes: 1024 })
  const [bad] = servers
  bad!.onCall = stream => refuse(stream, unavailable)
  const call = () => wire.unary(method, new Uint8Array(), { timeoutMs: 20_000, repeatable: 'safe' })
  t.match(await spread(servers, call, 30), { calls: [5, Number, Number], failures: 0 })
  t.equal(events.filter(({ type }) => type === 'ejected').length, 1)
  t.equal(circuit.breaker.state, 'closed')
})

t.test('it comes back by itself', async t => {
  const pass = holdClock(t)
  const servers = await startServers(t, 3)
  const { call, events, endpoint } = await openTo(t, servers)
  const [bad] = servers
  bad!.onCall = stream => refuse(stream, unavailable)
  await spread(servers, call, 15)
  bad!.onCall = succeed
  pass(29_000)
  t.equal((await spread(servers, call, 6)).calls[0], 0)
  pass(2_000)
  t.same(await spread(servers, call, 6), { calls: [2, 2, 2], failures: 0 })
  t.same(events.at(-1), { type: 'returned', address: bad!.address })
  t.equal(endpoint(bad!.address).ejectedUntil, null)
})

t.test('half of the calls that fail eject as well', async t => {
  const servers = await startServers(t, 3)
  const { call, events } = await openTo(t, servers)
  let turn = 0
  servers[0]!.onCall = stream => (turn++ % 2 === 0 ? refuse(stream, unavailable) : succeed(stream))
  await spread(servers, call, 40)
  t.match(
    events.filter(({ type }) => type === 'ejected'),
    [{ address: servers[0]!.address, reason: 'failure ratio' }]
  )
})

t.test('no more than half are ejected, however many fail', async t => {
  const servers = await startServers(t, 4)
  const { call, events } = await openTo(t, servers)
  for (const server of servers.slice(0, 3)) server.onCall = stream => refuse(stream, unavailable)
  await spread(servers, call, 60)
  t.equal(events.filter(({ type }) => type === 'ejected').length, 2)
})

t.test('the only endpoint never is', async t => {
  const servers = await startServers(t, 1)
  const { call, events } = await openTo(t, servers)
  servers[0]!.onCall = stream => refuse(stream, unavailable)
  await spread(servers, call, 20)
  servers[0]!.onCall = succeed
  await call()
  t.equal(events.filter(({ type }) => type === 'ejected').length, 0)
})

t.test('nor is one when the others are not there', async t => {
  const servers = await startServers(t, 2)
  const { call, events } = await openTo(t, servers)
  await servers[1]!.stop()
  await until(() => events.some(({ type }) => type === 'lost'))
  servers[0]!.onCall = stream => refuse(stream, unavailable)
  await spread(servers.slice(0, 1), call, 20)
  t.equal(events.filter(({ type }) => type === 'ejected').length, 0)
})

for (const [name, status] of [
  ['what the caller did wrong', 3],
  ['what is not there', 5],
  ['what the upstream cannot do', 12]
] as const) {
  t.test(`${name} ejects nobody`, async t => {
    const servers = await startServers(t, 2)
    const { call, events } = await openTo(t, servers)
    servers[0]!.onCall = stream => refuse(stream, status)
    t.equal((await spread(servers, call, 40)).failures, 20)
    t.equal(events.filter(({ type }) => type === 'ejected').length, 0)
  })
}

t.test('clients that go away eject nobody', async t => {
  const servers = await startServers(t, 2)
  const { call, events, channel } = await openTo(t, servers)
  for (const server of servers) server.onCall = () => {}
  const gone = Array.from({ length: 40 }, () => {
    const controller = new AbortController()
    return { controller, answer: call({ signal: controller.signal }) }
  })
  for (const { controller, answer } of gone) {
    controller.abort()
    await t.rejects(answer, { code: Code.Canceled })
  }
  t.equal(events.filter(({ type }) => type === 'ejected').length, 0)
  t.same(
    channel.state().endpoints.map(({ inFlight, failures }) => ({ inFlight, failures })),
    [
      { inFlight: 0, failures: 0 },
      { inFlight: 0, failures: 0 }
    ]
  )
})

t.test('a connection that is lost with many calls counts once', async t => {
  const servers = await startServers(t, 2)
  const { call, events, endpoint } = await openTo(t, servers)
  const held: ServerHttp2Stream[] = []
  servers[0]!.onCall = stream => held.push(stream)
  const answers = Array.from({ length: 40 }, () => call().catch(error => error as ConnectError))
  await until(() => held.length === 20)
  servers[0]!.cut()
  const failed = (await Promise.all(answers)).filter(answer => answer instanceof ConnectError)
  t.equal(failed.length, 20)
  t.equal(events.filter(({ type }) => type === 'ejected').length, 0)
  t.equal(endpoint(servers[0]!.address).failures, 1)
})

t.test('ejection can be off', async t => {
  const servers = await startServers(t, 2)
  const { call } = await openTo(t, servers, { outliers: null })
  servers[0]!.onCall = stream => refuse(stream, unavailable)
  t.same(await spread(servers, call, 20), { calls: [10, 10], failures: 10 })
})

t.test('an endpoint that is not there gets no calls, and those that it had go on elsewhere', async t => {
  const servers = await startServers(t, 3)
  const { call, events, endpoint } = await openTo(t, servers)
  const [stopped, ...others] = servers
  await stopped!.stop()
  await until(() => events.some(({ type }) => type === 'lost'))
  t.same(await spread(others, call, 10), { calls: [5, 5], failures: 0 })
  await stopped!.start()
  await until(() => endpoint(stopped!.address).connection === 'ready')
  t.same(await spread(servers, call, 9), { calls: [3, 3, 3], failures: 0 })
})

/** Servers that tell their health to whoever watches. */
async function startWatched(t: Tap, count: number) {
  const servers = await startServers(t, count)
  const health = servers.map(() => SERVING as ServingStatus)
  const watches = servers.map((server, at) => {
    const open = new Set<ServerHttp2Stream>()
    server.onHealth = (stream, path) => {
      if (!path.endsWith('/Watch')) return answerHealth(stream, health[at]!)
      open.add(stream)
      stream.once('close', () => open.delete(stream))
      sayHealth(stream, health[at]!)
    }
    return open
  })
  return {
    servers,
    watches,
    turn(at: number, status: ServingStatus) {
      health[at] = status
      for (const stream of watches[at]!) sayHealth(stream, status)
    }
  }
}

t.test('an endpoint that says that it does not serve gets no calls until it says that it does', async t => {
  const { servers, turn } = await startWatched(t, 2)
  const { call, endpoint } = await openTo(t, servers, { health: { mode: 'watch' } })
  const { address } = servers[0]!
  await until(() => endpoint(address).health === 'serving' && endpoint(servers[1]!.address).health === 'serving')
  t.same((await spread(servers, call, 4)).calls, [2, 2])
  turn(0, NOT_SERVING)
  await until(() => endpoint(address).health === 'not serving')
  t.same((await spread(servers, call, 4)).calls, [0, 4])
  turn(0, SERVING)
  await until(() => endpoint(address).health === 'serving')
  t.same((await spread(servers, call, 4)).calls, [2, 2])
})

t.test('when none says that it serves, all are tried', async t => {
  const { servers, turn } = await startWatched(t, 2)
  const { call, channel } = await openTo(t, servers, { health: { mode: 'watch' } })
  for (const at of [0, 1]) turn(at, NOT_SERVING)
  await until(() => channel.state().endpoints.every(({ health }) => health === 'not serving'))
  t.same(await spread(servers, call, 4), { calls: [2, 2], failures: 0 })
})

t.test('an endpoint that has not said anything yet gets calls when no other serves', async t => {
  const { servers, turn } = await startWatched(t, 2)
  servers[1]!.onHealth = () => {}
  const { call, endpoint } = await openTo(t, servers, { health: { mode: 'watch', timeoutMs: 60_000 } })
  await until(() => endpoint(servers[0]!.address).health === 'serving')
  t.same((await spread(servers, call, 4)).calls, [4, 0])
  turn(0, NOT_SERVING)
  await until(() => endpoint(servers[0]!.address).health === 'not serving')
  t.same((await spread(servers, call, 4)).calls, [0, 4])
})

t.test('questions about health are no calls', async t => {
  const { servers } = await startWatched(t, 1)
  const { endpoint } = await openTo(t, servers, { health: { mode: 'watch' } })
  await until(() => endpoint().health === 'serving')
  t.match(endpoint(), { calls: 1, inFlight: 0 })
})

t.test('an endpoint without Watch is asked by Check', async t => {
  const servers = await startServers(t, 2)
  let status: ServingStatus = NOT_SERVING
  servers[0]!.onHealth = (stream, path) =>
    path.endsWith('/Check') ? answerHealth(stream, status) : refuse(stream, Code.Unimplemented)
  const { call, endpoint } = await openTo(t, servers, { health: { mode: 'watch', intervalMs: 10 } })
  const { address } = servers[0]!
  await until(() => endpoint(address).health === 'not serving' && endpoint(servers[1]!.address).health === 'serving')
  t.same((await spread(servers, call, 4)).calls, [0, 4])
  status = SERVING
  await until(() => endpoint(address).health === 'serving')
  t.same((await spread(servers, call, 4)).calls, [2, 2])
})

t.test('a Watch does not take the only stream that a server has', async t => {
  const server = await startServer(t, { settings: { maxConcurrentStreams: 1 } })
  server.onHealth = (stream, path) =>
    path.endsWith('/Check') ? answerHealth(stream, SERVING) : sayHealth(stream, SERVING)
  const { call, endpoint } = openChannel(t, server.address, { health: { mode: 'watch', intervalMs: 10 } })
  await Promise.all([call(), call(), call()])
  await until(() => server.questions.includes('Check'))
  await until(() => endpoint().health === 'serving')
  await call()
})

/** A whole answer on a stream, or with `isOpen` its beginning. */
function framesOf(streamId: number, message: Uint8Array, isOpen = false): Buffer {
  const headers = Buffer.concat([status200, literal('content-type', 'application/grpc')])
  return Buffer.concat([
    frame(FrameType.HEADERS, Flag.END_HEADERS, streamId, headers),
    frame(FrameType.DATA, 0, streamId, rawFrame(message)),
    ...(isOpen
      ? []
      : [frame(FrameType.HEADERS, Flag.END_HEADERS | Flag.END_STREAM, streamId, literal('grpc-status', '0'))])
  ])
}

t.test('nor when the server takes fewer streams than at first', async t => {
  const isServing = Buffer.from([8, SERVING])
  const clients: ClientConnection[] = []
  const { host, port } = await startFrameServer(t, client => {
    clients.push(client)
    client.send(settings())
  })
  const { call, endpoint, channel } = openChannel(t, `${host}:${port}`, { health: { mode: 'watch' } })
  const first = call()
  await until(() => clients.length === 1)
  const [client] = clients
  const opened = (streamId: number) => client!.frame(FrameType.HEADERS, headers => headers.streamId === streamId)
  const [watch, one, other] = [1, 3, 5]
  await opened(watch)
  client!.send(framesOf(watch, isServing, true))
  await opened(one)
  await until(() => endpoint().health === 'serving')
  client!.send(settings([SettingId.MAX_CONCURRENT_STREAMS, 1]))
  await until(
    () => client!.frames.filter(({ type, flags }) => type === FrameType.SETTINGS && flags === Flag.ACK).length === 2
  )
  const second = call()
  t.equal(channel.state().waiting, 1)
  client!.send(framesOf(one, new Uint8Array()))
  await first
  await client!.frame(FrameType.RST_STREAM, ({ streamId }) => streamId === watch)
  await opened(other)
  client!.send(framesOf(other, new Uint8Array()))
  await second
})

t.test('localhost is each of its addresses', async t => {
  const server = await startServer(t)
  const { call, channel } = openChannel(t, `localhost:${server.port}`)
  await call()
  t.same(server.calls, [`localhost:${server.port}`])
  const addresses = channel.state().endpoints.map(({ address }) => address)
  t.ok(addresses.includes(server.address))
})

t.test('an address that a name has no more gets no new calls, and ends those that it has', async t => {
  const servers = await startServers(t, 2)
  const zone = {
    '_grpc._tcp.product.test': { srv: [{ priority: 0, weight: 0, port: servers[0]!.port, target: 'a.product.test' }] },
    'a.product.test': { a: ['127.0.0.1'] }
  }
  const names = await startDnsServer(t, zone)
  const resolve = { names, allowLoopback: true, intervalMs: 10 }
  const { call, channel, events } = openChannel(t, 'srv:///_grpc._tcp.product.test', { resolve })
  let held: ServerHttp2Stream | undefined
  servers[0]!.onCall = stream => {
    held = stream
  }
  const first = call()
  await until(() => held !== undefined)
  zone['_grpc._tcp.product.test'].srv[0]!.port = servers[1]!.port
  await until(() => events.filter(({ type }) => type === 'resolved').length === 2)
  t.match(channel.state().endpoints, [
    { address: servers[1]!.address },
    { address: servers[0]!.address, connection: 'draining', inFlight: 1 }
  ])
  await call()
  t.same(servers[1]!.calls, ['product.test'])
  succeed(held!)
  await first
  await until(() => servers[0]!.sessions.size === 0 && channel.state().endpoints.length === 1)
})

t.test('a call that does not end is cut off some time after its address has left', async t => {
  const servers = await startServers(t, 2)
  const zone = {
    '_grpc._tcp.product.test': { srv: [{ priority: 0, weight: 0, port: servers[0]!.port, target: 'a.product.test' }] },
    'a.product.test': { a: ['127.0.0.1'] }
  }
  const names = await startDnsServer(t, zone)
  const resolve = { names, allowLoopback: true, intervalMs: 10 }
  const { call } = openChannel(t, 'srv:///_grpc._tcp.product.test', { resolve, drainTimeoutMs: 20 })
  servers[0]!.onCall = () => {}
  const first = call()
  await until(() => servers[0]!.calls.length === 1)
  zone['_grpc._tcp.product.test'].srv[0]!.port = servers[1]!.port
  await t.rejects(first, { code: Code.Unavailable })
})

t.test('a DNS server that is down takes nothing away', async t => {
  const server = await startServer(t)
  let isDown = false
  let asked = 0
  const names = {
    lookup: async () => {
      asked += 1
      if (isDown) throw new Error('SERVFAIL')
      return [{ address: '127.0.0.1', family: 4 }]
    },
    resolveSrv: async () => []
  }
  const resolve = { names, allowLoopback: true, intervalMs: 10 }
  const { call, channel, events } = openChannel(t, `product:${server.port}`, { resolve })
  await call()
  isDown = true
  const before = asked
  await until(() => asked > before + 1)
  t.equal(channel.state().resolveError, 'SERVFAIL')
  await call()
  isDown = false
  await until(() => channel.state().resolveError === null)
  t.equal(events.at(-1)?.type, 'resolvable')
  t.equal(server.connections, 1)
})

t.test('names are resolved again when a connection is lost', async t => {
  const servers = await startServers(t, 2)
  let { port } = servers[0]!
  const names = {
    lookup: async () => [{ address: '127.0.0.1', family: 4 }],
    resolveSrv: async () => [{ name: 'a', port, priority: 0, weight: 0 }]
  }
  const resolve = { names, allowLoopback: true, minIntervalMs: 1 }
  const { call } = openChannel(t, 'srv:///_grpc._tcp.product.test', { resolve })
  await call()
  ;({ port } = servers[1]!)
  await servers[0]!.stop()
  await until(async () => {
    await call()
    return servers[1]!.calls.length > 0
  })
})

t.test('an idle endpoint is connected for the next call, though an old stream of it goes on', async t => {
  const pass = holdClock(t)
  const server = await startServer(t)
  const { call, events, endpoint } = openChannel(t, server.address, { idleMs: 10_000 })
  const held: ServerHttp2Stream[] = []
  server.onCall = stream => held.push(stream)
  const old = call()
  await until(() => held.length === 1)
  pass(10_001)
  for (const session of server.sessions) session.goaway()
  await until(() => events.some(({ type }) => type === 'lost'))
  t.equal(endpoint().connection, 'draining')
  server.onCall = succeed
  await call()
  succeed(held[0]!)
  await old
  t.equal(server.connections, 2)
})

t.test('calls that wait find an endpoint whose ejection is over, though the others have no free stream', async t => {
  const pass = holdClock(t)
  const servers = await Promise.all([1, 2].map(() => startServer(t, { settings: { maxConcurrentStreams: 1 } })))
  const { call, endpoint, channel } = await openTo(t, servers, { waitForReadyMs: 60_000 })
  const [bad, good] = servers
  bad!.onCall = stream => refuse(stream, unavailable)
  await spread(servers, call, 10)
  t.not(endpoint(bad!.address).ejectedUntil, null)
  bad!.onCall = succeed
  const held: ServerHttp2Stream[] = []
  good!.onCall = stream => held.push(stream)
  const busy = call()
  await until(() => held.length === 1)
  const first = call({ timeoutMs: 60_000 })
  await until(() => channel.state().waiting === 1)
  pass(31_000)
  const second = call({ timeoutMs: 60_000 })
  await Promise.all([first, second])
  succeed(held[0]!)
  await busy
  t.equal(held.length, 1)
})
