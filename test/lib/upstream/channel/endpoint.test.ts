import { mock } from 'node:test'
import t from 'tap'
import { Endpoint, type EndpointOptions } from '../../../../lib/upstream/channel/endpoint.ts'
import { healthDefaults } from '../../../../lib/upstream/channel/health.ts'
import { outlierDefaults } from '../../../../lib/upstream/channel/outliers.ts'
import type { Http2Connection } from '../../../../lib/upstream/http2/connection.ts'
import type { ConnectionListener, ConnectionOptions } from '../../../../lib/upstream/http2/connection-options.ts'
import { createCall } from '../../policies/calls.ts'

/** A connection that does what the test says. */
class FakeConnection {
  readonly options: ConnectionOptions
  readonly listener: ConnectionListener
  hasRoom = true
  isClosing = false
  destroyedWith: Error | undefined

  constructor(options: ConnectionOptions, listener: ConnectionListener) {
    this.options = options
    this.listener = listener
  }

  takesHeaders(): boolean {
    return true
  }

  open(): void {}

  close(): void {
    this.isClosing = true
  }

  destroy(error?: Error): void {
    this.destroyedWith = error
    this.listener.onClosed(error ?? null)
  }
}

const refused = new Error('connect ECONNREFUSED')

/** An endpoint at a moment that the test holds. */
function createEndpoint(t: Tap, options: Partial<EndpointOptions> = {}) {
  let now = 1_000_000
  mock.timers.enable({ apis: ['setTimeout'] })
  mock.method(performance, 'now', () => now)
  t.teardown(() => {
    mock.timers.reset()
    mock.restoreAll()
  })
  const connections: FakeConnection[] = []
  const told: string[] = []
  const use = { isInUse: true }
  const address = { address: { host: '10.0.0.1', port: 1 }, authority: 'a:1', serverName: 'a', label: '10.0.0.1:1' }
  const endpoint = new Endpoint(
    address,
    {
      tls: null,
      connectTimeoutMs: 5_000,
      backoff: { jitter: 0 },
      health: { ...healthDefaults, mode: 'off' },
      outliers: outlierDefaults,
      limits: { readMaxBytes: 1, writeMaxBytes: 1, headersTimeoutMs: null },
      drainTimeoutMs: 30_000,
      connect(options, listener) {
        const connection = new FakeConnection(options, listener)
        connections.push(connection)
        return connection as unknown as Http2Connection
      },
      ...options
    },
    {
      isInUse: () => use.isInUse,
      onConnected: () => told.push('connected'),
      onLost: (_endpoint, error) => told.push(`lost: ${error?.message}`),
      onIdle: () => told.push('idle'),
      onRoom: () => told.push('room'),
      onHealth: () => {},
      onCallOver: () => {},
      onGone: () => told.push('gone')
    }
  )
  function pass(ms: number) {
    now += ms
    mock.timers.tick(ms)
  }
  return { endpoint, connections, told, use, pass }
}

type Tap = Pick<typeof t, 'teardown'>

/** Waits that come before the next connections, each of which fails. */
function waitsUntilConnect({ connections, pass }: ReturnType<typeof createEndpoint>, times: number): number[] {
  return Array.from({ length: times }, () => {
    const before = connections.length
    connections.at(-1)!.listener.onClosed(refused)
    let waitedMs = 0
    while (connections.length === before) {
      pass(100)
      waitedMs += 100
    }
    return waitedMs
  })
}

t.test('it connects when it is told to, once', async t => {
  const { endpoint, connections, told } = createEndpoint(t)
  t.equal(endpoint.state, 'idle')
  t.equal(endpoint.hasRoom, false)
  endpoint.connect()
  endpoint.connect()
  t.equal(endpoint.state, 'connecting')
  t.equal(connections.length, 1)
  connections[0]!.listener.onReady()
  t.equal(endpoint.state, 'ready')
  t.equal(endpoint.hasRoom, true)
  endpoint.connect()
  t.equal(connections.length, 1)
  t.same(told, ['connected'])
})

t.test('the name of the target is the authority, and what its certificate must have', async t => {
  const { endpoint, connections } = createEndpoint(t, { tls: { ca: 'x' } })
  endpoint.connect()
  t.match(connections[0]!.options, {
    address: { host: '10.0.0.1', port: 1 },
    authority: 'a:1',
    tls: { ca: 'x', serverName: 'a' },
    connectTimeoutMs: 5_000
  })
})

t.test('the name of the certificate may be another, when the operator says so', async t => {
  const { endpoint, connections } = createEndpoint(t, { tls: { serverName: 'b' } })
  endpoint.connect()
  t.equal(connections[0]!.options.tls!.serverName, 'b')
})

t.test('an endpoint that refuses is tried less and less often', async t => {
  const tested = createEndpoint(t)
  tested.endpoint.connect()
  t.same(waitsUntilConnect(tested, 8), [1000, 1600, 2600, 4100, 6600, 10500, 16800, 26900])
  t.same(waitsUntilConnect(tested, 2), [30_000, 30_000])
})

t.test('to tell it to connect does not shorten the wait', async t => {
  const { endpoint, connections, pass } = createEndpoint(t)
  endpoint.connect()
  connections[0]!.listener.onClosed(refused)
  t.equal(endpoint.state, 'backoff')
  t.equal(endpoint.lastError, refused)
  for (let times = 0; times < 5; times++) endpoint.connect()
  pass(999)
  t.equal(connections.length, 1)
  pass(1)
  t.equal(endpoint.state, 'connecting')
  connections[1]!.listener.onReady()
  t.equal(endpoint.lastError, null)
})

t.test('a good connection that is lost is replaced at once', async t => {
  const { endpoint, connections, pass, told } = createEndpoint(t)
  endpoint.connect()
  for (let times = 0; times < 3; times++) {
    connections.at(-1)!.listener.onReady()
    pass(1_000)
    connections.at(-1)!.listener.onClosed(refused)
    t.equal(endpoint.state, 'connecting')
  }
  t.equal(connections.length, 4)
  t.same(told.slice(0, 2), ['connected', 'lost: connect ECONNREFUSED'])
})

t.test('one that is lost as soon as it is there is replaced at once the first time only', async t => {
  const tested = createEndpoint(t)
  const { endpoint, connections } = tested
  endpoint.connect()
  connections[0]!.listener.onReady()
  connections[0]!.listener.onClosed(refused)
  t.equal(connections.length, 2)
  connections[1]!.listener.onReady()
  connections[1]!.listener.onClosed(refused)
  t.equal(endpoint.state, 'backoff')
  tested.pass(1_000)
  connections[2]!.listener.onReady()
  t.same(waitsUntilConnect(tested, 2), [1_600, 2_600])
})

t.test('after GOAWAY the old connection drains while a new one opens', async t => {
  const { endpoint, connections, pass } = createEndpoint(t)
  endpoint.connect()
  const [old] = connections
  old!.listener.onReady()
  pass(5_000)
  old!.listener.onDraining()
  t.equal(endpoint.state, 'connecting')
  connections[1]!.listener.onReady()
  t.equal(endpoint.state, 'ready')
  old!.listener.onClosed(null)
  t.equal(endpoint.state, 'ready')
  t.equal(connections.length, 2)
})

t.test('a server that says GOAWAY again and again is not asked again and again', async t => {
  const { endpoint, connections, pass } = createEndpoint(t)
  endpoint.connect()
  for (let times = 0; times < 100; times++) {
    if (endpoint.state === 'connecting') connections.at(-1)!.listener.onReady()
    if (endpoint.state === 'ready') connections.at(-1)!.listener.onDraining()
    pass(100)
  }
  t.ok(connections.length <= 7, `${connections.length} connections in 10 s`)
})

t.test('unless it takes calls in between: then it ends connections of use', async t => {
  const { endpoint, connections } = createEndpoint(t)
  endpoint.connect()
  for (let times = 0; times < 5; times++) {
    connections.at(-1)!.listener.onReady()
    void endpoint.start(createCall())
    connections.at(-1)!.listener.onDraining()
    t.equal(endpoint.state, 'connecting')
  }
})

t.test('without calls of late, what is lost is not replaced before there is one', async t => {
  const { endpoint, connections, pass, use } = createEndpoint(t)
  endpoint.connect()
  connections[0]!.listener.onReady()
  pass(5_000)
  use.isInUse = false
  connections[0]!.listener.onClosed(null)
  t.equal(endpoint.state, 'idle')
  pass(60_000)
  t.equal(connections.length, 1)
  endpoint.connect()
  t.equal(endpoint.state, 'connecting')
})

t.test('nor is one that cannot be had', async t => {
  const { endpoint, connections, pass, use, told } = createEndpoint(t)
  endpoint.connect()
  use.isInUse = false
  connections[0]!.listener.onClosed(refused)
  t.equal(endpoint.state, 'backoff')
  pass(1_000)
  t.equal(endpoint.state, 'idle')
  t.equal(told.at(-1), 'idle')
  t.equal(connections.length, 1)
})

t.test('an old connection may be all that is left', async t => {
  const { endpoint, connections, pass, use } = createEndpoint(t)
  endpoint.connect()
  connections[0]!.listener.onReady()
  pass(5_000)
  use.isInUse = false
  connections[0]!.listener.onDraining()
  t.equal(endpoint.state, 'draining')
  connections[0]!.listener.onClosed(null)
  t.equal(endpoint.state, 'idle')
})

t.test('an endpoint that leaves closes its connection, which ends with its last call', async t => {
  const { endpoint, connections, told } = createEndpoint(t)
  endpoint.connect()
  const [connection] = connections
  connection!.listener.onReady()
  endpoint.leave()
  t.equal(endpoint.state, 'draining')
  t.equal(endpoint.hasRoom, false)
  t.equal(connection!.isClosing, true)
  t.equal(endpoint.isGone, false)
  connection!.listener.onClosed(null)
  t.equal(endpoint.isGone, true)
  t.same(told, ['connected', 'gone'])
})

t.test('calls that go on for too long after that are cut off', async t => {
  const { endpoint, connections, pass } = createEndpoint(t)
  endpoint.connect()
  connections[0]!.listener.onReady()
  endpoint.leave()
  pass(29_999)
  t.equal(connections[0]!.destroyedWith, undefined)
  pass(1)
  t.match(connections[0]!.destroyedWith, { code: 'ETIMEDOUT' })
  t.equal(endpoint.isGone, true)
})

t.test('an endpoint that leaves unconnected is gone at once, and is not tried any more', async t => {
  const { endpoint, connections, pass } = createEndpoint(t)
  endpoint.connect()
  connections[0]!.listener.onClosed(refused)
  endpoint.leave()
  t.equal(endpoint.isGone, true)
  pass(60_000)
  t.equal(connections.length, 1)
})

t.test('to close it ends its old connections too', async t => {
  const { endpoint, connections, pass } = createEndpoint(t)
  endpoint.connect()
  connections[0]!.listener.onReady()
  pass(5_000)
  connections[0]!.listener.onDraining()
  connections[1]!.listener.onReady()
  const closed = new Error('closed')
  endpoint.close(closed)
  t.same(
    connections.map(({ destroyedWith }) => destroyedWith),
    [closed, closed]
  )
  t.equal(endpoint.isGone, true)
})
