import t from 'tap'
import { Flag, FrameType, maxStreamId } from '../../../../lib/upstream/http2/frames.ts'
import { SettingId } from '../../../../lib/upstream/http2/settings.ts'
import { until } from '../../../helper.ts'
import { connect, openRequest, request } from './client.ts'
import { type ClientConnection, frame, settings, startFrameServer, status200, uint32 } from './frame-server.ts'

const { DATA, HEADERS, GOAWAY, RST_STREAM } = FrameType
const { ACK, END_STREAM, END_HEADERS } = Flag

async function setUp(t: Tap, options = {}) {
  const client = Promise.withResolvers<ClientConnection>()
  const address = await startFrameServer(t, server => {
    server.send(settings(), frame(FrameType.SETTINGS, ACK, 0))
    client.resolve(server)
  })
  const connected = connect(t, address, options)
  await connected.ready
  return { ...connected, server: await client.promise }
}

type Tap = Pick<typeof t, 'teardown'>

function answer(streamId: number): Buffer {
  return frame(HEADERS, END_HEADERS | END_STREAM, streamId, status200)
}

/** SETTINGS, and whether they hold. */
async function change(server: ClientConnection, ...values: Parameters<typeof settings>): Promise<void> {
  const before = server.frames.filter(isSettingsAck).length
  server.send(settings(...values))
  await until(() => server.frames.filter(isSettingsAck).length > before)
}

function isSettingsAck({ type, flags }: { type: number; flags: number }): boolean {
  return type === FrameType.SETTINGS && flags === ACK
}

// RFC 9113, section 5.1.1.
t.test('when the ids are used up, the connection drains, and no call on it is lost', async t => {
  const { connection, server, closed, told } = await setUp(t, { firstStreamId: maxStreamId - 2 })
  const first = request(connection)
  t.equal(connection.hasRoom, true)
  t.equal(told.draining, 0)
  const last = request(connection, Buffer.from('last'))
  t.equal(connection.hasRoom, false)
  t.equal(told.draining, 1)
  await server.frame(DATA, ({ streamId }) => streamId === maxStreamId)
  server.send(answer(maxStreamId - 2), answer(maxStreamId))
  t.same(await Promise.all([first.closed, last.closed]), [null, null])
  t.match(await server.frame(GOAWAY), { payload: Buffer.alloc(8) })
  t.equal(await closed, null)
})

t.test('fewer streams than are open may be allowed: those go on, and then there is room again', async t => {
  const { connection, server, told } = await setUp(t)
  const streams = [request(connection), request(connection), request(connection)]
  await change(server, [SettingId.MAX_CONCURRENT_STREAMS, 2])
  t.equal(connection.hasRoom, false)
  server.send(answer(1))
  await streams[0]!.closed
  t.equal(connection.hasRoom, false)
  t.equal(told.room, 0)
  server.send(answer(3))
  await streams[1]!.closed
  t.equal(told.room, 1)
  t.equal(connection.hasRoom, true)
})

t.test('a server that takes no stream for now tells when it does', async t => {
  const { connection, server, told } = await setUp(t)
  await change(server, [SettingId.MAX_CONCURRENT_STREAMS, 0])
  t.equal(connection.hasRoom, false)
  await change(server, [SettingId.MAX_CONCURRENT_STREAMS, 1])
  t.equal(told.room, 1)
})

// RFC 7541, section 4.2: the smaller size too, as what was in the table is gone.
t.test('a table of headers that was made smaller and larger again is told so in both steps', async t => {
  const { connection, server } = await setUp(t)
  request(connection)
  await change(server, [SettingId.HEADER_TABLE_SIZE, 100], [SettingId.HEADER_TABLE_SIZE, 4_096])
  const { streamId } = request(connection)
  const headers = await server.frame(HEADERS, each => each.streamId === streamId)
  t.same(headers?.payload.subarray(0, 4), Buffer.from('203fe11f', 'hex'))
})

// RFC 9113, section 6.9.2.
t.test('a window that was used up and made smaller must grow by both before more is sent', async t => {
  const { connection, server } = await setUp(t)
  await change(server, [SettingId.INITIAL_WINDOW_SIZE, 100])
  const stream = request(connection, Buffer.alloc(150, 'x'))
  const sent = () =>
    Buffer.concat(server.frames.filter(({ type }) => type === DATA).map(({ payload }) => payload)).length
  await until(() => sent() === 100)
  await change(server, [SettingId.INITIAL_WINDOW_SIZE, 0])
  t.equal(stream.sendWindow, -100)
  server.send(frame(FrameType.WINDOW_UPDATE, 0, 1, uint32(100)))
  await change(server)
  t.equal(sent(), 100)
  server.send(frame(FrameType.WINDOW_UPDATE, 0, 1, uint32(50)))
  t.ok(await server.frame(DATA, ({ flags }) => flags === END_STREAM))
  t.equal(sent(), 150)
})

t.test('larger frames are sent when the server takes them', async t => {
  const { connection, server } = await setUp(t)
  await change(server, [SettingId.MAX_FRAME_SIZE, 50_000])
  request(connection, Buffer.alloc(60_000))
  t.equal((await server.frame(DATA))?.payload.length, 50_000)
})

t.test('a large request that is cancelled midway sends no more, and others go on', async t => {
  const { connection, server } = await setUp(t)
  const large = openRequest(connection)
  t.equal(large.write(Buffer.alloc(1_000_000), true), false)
  const other = request(connection, Buffer.from('small'))
  await server.frame(DATA)
  large.reset(8)
  await server.frame(RST_STREAM)
  const sentBefore = server.frames.length
  server.send(frame(FrameType.WINDOW_UPDATE, 0, 0, uint32(1_000_000)))
  const data = await server.frame(DATA, ({ streamId }) => streamId === other.streamId)
  t.equal(String(data?.payload), 'small')
  t.notOk(server.frames.slice(sentBefore).some(({ streamId }) => streamId === large.streamId))
  t.equal(large.writableCount, 0)
})

// RFC 9113, section 6.8: a server says the highest id at first, and then what it has begun with.
t.test('GOAWAY twice: only what the last one leaves out is not begun with', async t => {
  const { connection, server, told, closed } = await setUp(t)
  const [begun, left] = [request(connection), request(connection)]
  server.send(frame(GOAWAY, 0, 0, Buffer.concat([uint32(maxStreamId), uint32(0)])))
  await until(() => told.draining === 1)
  server.send(frame(GOAWAY, 0, 0, Buffer.concat([uint32(begun.streamId), uint32(0)])))
  t.match(await left.closed, { origin: 'connection', isUnprocessed: true })
  server.send(answer(begun.streamId))
  t.equal(await begun.closed, null)
  t.match(await closed, { code: 'ECONNRESET', message: /NO_ERROR/ })
  t.equal(told.draining, 1)
})

const ends: [title: string, end: (client: ClientConnection) => unknown][] = [
  ['ends', ({ socket }) => socket.end()],
  ['is reset', ({ socket }) => socket.resetAndDestroy()]
]
for (const [title, end] of ends) {
  t.test(`a connection that ${title} takes its streams with it, and is closed once`, async t => {
    const { connection, server, told, closed } = await setUp(t)
    const sent = request(connection)
    await server.frame(HEADERS)
    end(server)
    t.match(await sent.closed, { origin: 'connection', isUnprocessed: false })
    t.match(await closed, { code: 'ECONNRESET' })
    t.equal(connection.hasRoom, false)
    t.equal(told.closed, 1)
    connection.close()
    connection.destroy()
    t.equal(told.closed, 1)
  })
}
