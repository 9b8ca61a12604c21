import { once } from 'node:events'
import { constants, createServer, type ServerHttp2Stream, type ServerOptions } from 'node:http2'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { until } from '../../../helper.ts'
import { connect, openRequest, RecordedStream, request } from './client.ts'

type Tap = Pick<typeof t, 'teardown'>

/** Node's own HTTP/2 server. */
async function startServer(
  t: Tap,
  onStream: (stream: ServerHttp2Stream, path: string) => void,
  options: ServerOptions = {}
) {
  const server = createServer(options)
  const sessions: import('node:http2').ServerHttp2Session[] = []
  server.on('session', session => {
    sessions.push(session)
    t.teardown(() => session.destroy())
  })
  server.on('stream', (stream, headers) => {
    stream.on('error', () => {})
    onStream(stream, String(headers[':path']))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { address: { host: '127.0.0.1', port: (server.address() as AddressInfo).port }, sessions }
}

/** Answers with what it was sent. */
function echo(stream: ServerHttp2Stream): void {
  stream.respond({ ':status': 200 })
  stream.pipe(stream)
}

/** Bytes that are not all alike. */
function bytesOf(length: number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, (_, at) => (at * 31 + (at >> 8)) & 0xff))
}

t.test('a request goes out and its answer comes back, with trailers', async t => {
  const { address } = await startServer(t, stream => {
    stream.respond({ ':status': 200, server: 'node' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }))
    stream.pipe(stream)
  })
  const { connection, ready } = connect(t, address)
  await ready
  const stream = request(connection, Buffer.from('hello'))
  t.equal(await stream.closed, null)
  t.match(stream.headers, [':status', '200', 'server', 'node'])
  t.equal(stream.body.toString(), 'hello')
  t.same(stream.trailers, ['grpc-status', '0'])
})

t.test('bodies of many windows pass both ways, whatever the windows are', async t => {
  for (const initialWindowSize of [1, 100, 65_535, 1_000_000]) {
    const { address } = await startServer(t, echo, { settings: { initialWindowSize } })
    const { connection, ready } = connect(t, address, { streamWindowBytes: 20_000 })
    await ready
    const body = bytesOf(initialWindowSize === 1 ? 2_000 : 3_000_000)
    const stream = request(connection, body)
    t.equal(await stream.closed, null)
    t.ok(stream.body.equals(body), `window ${initialWindowSize}`)
  }
})

t.test('many streams share a connection, and each gets its own answer', async t => {
  const { address } = await startServer(t, echo, { settings: { initialWindowSize: 3_000 } })
  const { connection, ready } = connect(t, address)
  await ready
  const bodies = Array.from({ length: 80 }, (_, at) => bytesOf(1_000 * at + 1))
  const streams = bodies.map(body => request(connection, body))
  for (const [at, stream] of streams.entries()) {
    t.equal(await stream.closed, null)
    t.ok(stream.body.equals(bodies[at]!))
  }
  t.equal(connection.openStreams, 0)
})

t.test('a writer hears when what it wrote has gone', async t => {
  const { address } = await startServer(t, echo, { settings: { initialWindowSize: 10 } })
  const { connection, ready } = connect(t, address)
  await ready
  const stream = openRequest(connection)
  t.equal(stream.write(bytesOf(10), false), true)
  t.equal(stream.write(bytesOf(25), false), false)
  await until(() => stream.writableCount === 1)
  stream.end()
  t.equal(await stream.closed, null)
  t.equal(stream.body.length, 35)
})

t.test('a reader that takes nothing holds the server back', async t => {
  let sent = 0
  const { address } = await startServer(t, stream => {
    stream.respond({ ':status': 200 })
    const write = () => {
      while (stream.write(Buffer.alloc(10_000), () => (sent += 10_000))) if (sent > 10_000_000) break
    }
    stream.on('drain', write)
    write()
  })
  const { connection, ready } = connect(t, address, { streamWindowBytes: 50_000 })
  await ready
  const slow = new RecordedStream()
  slow.takesAll = false
  const { HeaderTemplate } = await import('../../../../lib/upstream/hpack/encoder.ts')
  connection.open(slow, new HeaderTemplate([':path', '/']), [], null, true)
  await until(() => slow.body.length === 50_000)
  // Another stream is none the worse for it.
  const other = request(connection)
  await until(() => other.body.length > 1_000_000)
  t.equal(slow.body.length, 50_000)
  slow.consumed(50_000)
  await until(() => slow.body.length === 100_000)
})

t.test('no more streams are open than the server takes, and there is room again when one ends', async t => {
  const waiting: ServerHttp2Stream[] = []
  const { address } = await startServer(t, stream => waiting.push(stream), { settings: { maxConcurrentStreams: 2 } })
  const { connection, ready, told } = connect(t, address)
  await ready
  const first = request(connection)
  request(connection)
  t.equal(connection.hasRoom, false)
  await until(() => waiting.length === 2)
  waiting[0]!.respond({ ':status': 200 }, { endStream: true })
  await first.closed
  t.equal(connection.hasRoom, true)
  t.equal(told.room, 1)
})

t.test('a server that says nothing of streams takes any number', async t => {
  let opened = 0
  const { address } = await startServer(t, () => {
    opened += 1
  })
  const { connection, ready } = connect(t, address)
  await ready
  for (let sent = 1; sent <= 1_000; sent++) request(connection)
  t.equal(connection.hasRoom, true)
  await until(() => opened === 1_000)
})

t.test('the server may change the windows of streams that are open', async t => {
  const { address, sessions } = await startServer(t, echo, { settings: { initialWindowSize: 5_000 } })
  const { connection, ready } = connect(t, address)
  await ready
  const body = bytesOf(200_000)
  const stream = request(connection, body)
  await until(() => stream.body.length > 0)
  sessions[0]!.settings({ initialWindowSize: 100 })
  await until(() => stream.body.length > 50_000)
  sessions[0]!.settings({ initialWindowSize: 500_000 })
  t.equal(await stream.closed, null)
  t.ok(stream.body.equals(body))
})

t.test('informational answers are skipped', async t => {
  const { address } = await startServer(t, stream => {
    stream.additionalHeaders({ ':status': 103, link: '</a>' })
    stream.additionalHeaders({ ':status': 102 })
    stream.respond({ ':status': 200 }, { endStream: true })
  })
  const { connection, ready } = connect(t, address)
  await ready
  const stream = request(connection)
  t.equal(await stream.closed, null)
  t.equal(stream.headers?.[1], '200')
})

t.test('an answer that is whole before its request ends both', async t => {
  const codes: number[] = []
  const { address } = await startServer(t, stream => {
    stream.once('close', () => codes.push(stream.rstCode ?? -1))
    stream.respond({ ':status': 200 }, { endStream: true })
  })
  const { connection, ready } = connect(t, address)
  await ready
  const stream = openRequest(connection)
  t.equal(await stream.closed, null)
  await until(() => codes.length === 1)
  t.equal(connection.openStreams, 0)
})

t.test('a reset of the server is told with its code, and whether it had begun', async t => {
  const codes = [constants.NGHTTP2_INTERNAL_ERROR, constants.NGHTTP2_REFUSED_STREAM]
  const { address } = await startServer(t, stream => stream.close(codes.shift()))
  const { connection, ready } = connect(t, address)
  await ready
  t.match(await request(connection).closed, { code: 2, origin: 'peer', isUnprocessed: false })
  t.match(await request(connection).closed, { code: 7, origin: 'peer', isUnprocessed: true })
})

t.test('a stream can be reset, and the server hears of it', async t => {
  const rstCodes: number[] = []
  const { address } = await startServer(t, stream => {
    stream.once('close', () => rstCodes.push(stream.rstCode ?? -1))
  })
  const { connection, ready } = connect(t, address)
  await ready
  const stream = openRequest(connection)
  stream.reset(constants.NGHTTP2_CANCEL)
  t.match(await stream.closed, { code: 8, origin: 'local' })
  await until(() => rstCodes.length === 1)
  t.same(rstCodes, [8])
})

t.test('headers above a frame are sent in parts', async t => {
  const seen: number[] = []
  const { address } = await startServer(
    t,
    (stream, path) => {
      seen.push(path.length)
      stream.respond({ ':status': 200 }, { endStream: true })
    },
    { maxHeaderListPairs: 1_000, settings: { maxHeaderListSize: 200_000 } }
  )
  const { connection, ready } = connect(t, address)
  await ready
  const stream = request(connection, null, ['x-long', 'v'.repeat(40_000)])
  t.equal(await stream.closed, null)
  t.same(seen, [1])
})

t.test('after GOAWAY no stream is opened, and those that are open go on', async t => {
  const held: ServerHttp2Stream[] = []
  const { address, sessions } = await startServer(t, stream => held.push(stream))
  const { connection, ready, closed, told } = connect(t, address)
  await ready
  const stream = request(connection)
  await until(() => held.length === 1)
  sessions[0]!.goaway(0, 1)
  await until(() => told.draining === 1)
  t.equal(connection.hasRoom, false)
  held[0]!.respond({ ':status': 200 }, { endStream: true })
  t.equal(await stream.closed, null)
  t.ok(await closed)
})

t.test('close waits for the streams that are open, destroy does not', async t => {
  const held: ServerHttp2Stream[] = []
  const { address } = await startServer(t, stream => held.push(stream))
  const gentle = connect(t, address)
  await gentle.ready
  const kept = request(gentle.connection)
  await until(() => held.length === 1)
  gentle.connection.close()
  t.equal(gentle.told.closed, 0)
  held[0]!.respond({ ':status': 200 }, { endStream: true })
  t.equal(await kept.closed, null)
  t.equal(await gentle.closed, null)

  const harsh = connect(t, address)
  await harsh.ready
  const lost = request(harsh.connection)
  await until(() => held.length === 2)
  harsh.connection.destroy()
  t.match(await lost.closed, { origin: 'connection', isUnprocessed: false })
  t.equal(await harsh.closed, null)
})

t.test('what never left is known to be unprocessed', async t => {
  const { address } = await startServer(t, () => {})
  const { connection, ready } = connect(t, address)
  await ready
  const stream = request(connection)
  connection.destroy()
  t.match(await stream.closed, { origin: 'connection', isUnprocessed: true })
})

t.test('a hook that throws ends its stream, and no other', async t => {
  class Failing extends RecordedStream {
    override onData(): void {
      throw new TypeError('bug')
    }
  }
  const { address } = await startServer(t, echo)
  const { connection, ready } = connect(t, address)
  await ready
  const { HeaderTemplate } = await import('../../../../lib/upstream/hpack/encoder.ts')
  const failing = new Failing()
  connection.open(failing, new HeaderTemplate([':path', '/']), [], Buffer.from('a'), true)
  t.match(await failing.closed, { code: 2, origin: 'local', cause: TypeError })
  t.equal(await request(connection, Buffer.from('b')).closed, null)
})
