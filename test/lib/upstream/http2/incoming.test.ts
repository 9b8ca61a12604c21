import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { Flag, FrameType } from '../../../../lib/upstream/http2/frames.ts'
import { connect, openRequest, request } from './client.ts'
import { type ClientConnection, frame, settings, startFrameServer, status200, uint32 } from './frame-server.ts'

const { DATA, HEADERS, RST_STREAM, PING, GOAWAY, WINDOW_UPDATE } = FrameType

/** A connection to a server that answers our SETTINGS, and says what the test has it say. */
async function setUp(t: Tap, options = {}) {
  const client = Promise.withResolvers<ClientConnection>()
  const address = await startFrameServer(t, server => {
    server.send(settings(), frame(FrameType.SETTINGS, Flag.ACK, 0))
    client.resolve(server)
  })
  const connected = connect(t, address, options)
  await connected.ready
  return { ...connected, server: await client.promise }
}

type Tap = Pick<typeof t, 'teardown'>

t.test('a PING is answered with what it holds', async t => {
  const { server } = await setUp(t)
  server.send(frame(PING, 0, 0, Buffer.from('12345678')))
  t.match(await server.frame(PING), { flags: Flag.ACK, payload: Buffer.from('12345678') })
})

t.test('the window of the connection lets all streams go on, that of a stream itself', async t => {
  const { server, connection } = await setUp(t)
  const first = request(connection, Buffer.alloc(65_535))
  const second = openRequest(connection)
  t.equal(second.write(Buffer.alloc(65_536), true), false)
  server.send(frame(WINDOW_UPDATE, 0, 0, uint32(65_536)))
  const isSecond = ({ streamId }: { streamId: number }) => streamId === second.streamId
  t.ok(await server.frame(DATA, isSecond))
  t.equal(second.isLocalEnded, false)
  server.send(frame(WINDOW_UPDATE, 0, second.streamId, uint32(1)))
  const last = await server.frame(DATA, each => isSecond(each) && each.flags === Flag.END_STREAM)
  t.equal(last?.payload.length, 1)
  t.equal(first.isLocalEnded, true)
})

t.test('a window of the connection that grows by nothing ends it', async t => {
  const { server, closed } = await setUp(t)
  server.send(frame(WINDOW_UPDATE, 0, 0, uint32(0)))
  t.match(await server.frame(GOAWAY), { payload: Buffer.concat([uint32(0), uint32(1)]) })
  t.match(await closed, { name: 'ConnectionError' })
})

// RFC 9113, section 5.4.2: what was sent before the reset was heard of counts for the connection.
t.test('DATA of a stream that was reset is given back to the connection', async t => {
  const { server, connection } = await setUp(t)
  const stream = request(connection)
  server.send(frame(HEADERS, Flag.END_HEADERS, stream.streamId, status200))
  while (stream.headers === null) await nextTurn()
  stream.reset(8)
  await server.frame(RST_STREAM)
  for (let sent = 0; sent <= 8 * 1024 * 1024; sent += 16_384) {
    server.send(frame(DATA, 0, stream.streamId, Buffer.alloc(16_384)))
  }
  // One of more than half, behind that which widened the window when the connection began.
  const update = await server.frame(WINDOW_UPDATE, each => each.streamId === 0 && each !== server.frames[1])
  t.equal(update?.payload.readUInt32BE(), 8 * 1024 * 1024 + 16_384)
  t.equal(connection.openStreams, 0)
})
