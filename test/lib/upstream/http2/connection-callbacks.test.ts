import t from 'tap'
import { HeaderTemplate } from '../../../../lib/upstream/hpack/encoder.ts'
import type { Http2Connection } from '../../../../lib/upstream/http2/connection.ts'
import { ErrorCode } from '../../../../lib/upstream/http2/errors.ts'
import { Flag, FrameType } from '../../../../lib/upstream/http2/frames.ts'
import { connect, RecordedStream, request } from './client.ts'
import { type ClientConnection, frame, settings, startFrameServer, status200, uint32 } from './frame-server.ts'

const { DATA, HEADERS, GOAWAY, RST_STREAM } = FrameType
const { ACK, END_STREAM, END_HEADERS } = Flag

/** A stream that does something when its answer begins. */
class ActingStream extends RecordedStream {
  readonly #act: () => void

  constructor(act: () => void) {
    super()
    this.#act = act
  }

  override onHeaders(fields: readonly string[]): void {
    super.onHeaders(fields)
    this.#act()
  }
}

/** A stream that does something, one that was opened before it, and one behind it; the server has heard of all. */
async function openThree(
  t: Tap,
  act: (connection: Http2Connection, before: RecordedStream, after: RecordedStream) => void
) {
  const client = Promise.withResolvers<ClientConnection>()
  const address = await startFrameServer(t, server => {
    server.send(settings(), frame(FrameType.SETTINGS, ACK, 0))
    client.resolve(server)
  })
  const connected = connect(t, address)
  const { connection } = connected
  await connected.ready
  const before = request(connection)
  const acting = new ActingStream(() => act(connection, before, after))
  connection.open(acting, new HeaderTemplate([':path', '/']), [], null, true)
  const after = request(connection)
  const server = await client.promise
  await server.frame(HEADERS, ({ streamId }) => streamId === after.streamId)
  return { ...connected, server, before, acting, after }
}

type Tap = Pick<typeof t, 'teardown'>

/** Answers of three streams, in one piece: all are parsed in one turn. */
const answers = Buffer.concat(
  [3, 1, 5].flatMap(streamId => [
    frame(HEADERS, END_HEADERS, streamId, status200),
    frame(DATA, END_STREAM, streamId, Buffer.from('done'))
  ])
)

t.test('a stream that cancels others ends no more than those', async t => {
  const { server, before, acting, after } = await openThree(t, (_, before) => before.reset(ErrorCode.CANCEL))
  server.send(answers)
  t.equal(await acting.closed, null)
  t.match(await before.closed, { code: ErrorCode.CANCEL, origin: 'local' })
  t.equal(await after.closed, null)
  t.equal(before.headers, null)
  t.match(await server.frame(RST_STREAM), { streamId: before.streamId, payload: uint32(ErrorCode.CANCEL) })
})

t.test('a stream may close the connection, behind the last of all', async t => {
  const { server, closed, before, after } = await openThree(t, connection => connection.close())
  server.send(answers)
  t.same(await Promise.all([before.closed, after.closed]), [null, null])
  t.match(await server.frame(GOAWAY), { payload: Buffer.alloc(8) })
  t.equal(await closed, null)
})

t.test('a stream may destroy the connection: all that is open ends, and no frame behind it is heard', async t => {
  const reason = new Error('enough')
  const { server, closed, told, before, acting, after } = await openThree(t, connection => connection.destroy(reason))
  server.send(answers)
  for (const stream of [before, acting, after]) {
    t.match(await stream.closed, { origin: 'connection', isUnprocessed: false, cause: reason })
  }
  t.equal(await closed, reason)
  t.equal(acting.body.length, 0)
  t.equal(before.headers, null)
  t.equal(told.closed, 1)
})

t.test('a stream may open another', async t => {
  const opened: RecordedStream[] = []
  const { server } = await openThree(t, connection => opened.push(request(connection, Buffer.from('next'))))
  server.send(answers)
  t.match(await server.frame(HEADERS, ({ streamId }) => streamId === 7), { streamId: 7 })
  server.send(frame(HEADERS, END_HEADERS | END_STREAM, 7, status200))
  t.equal(await opened[0]!.closed, null)
})

t.test('a stream may cancel another when their connection ends for an error', async t => {
  const { server, closed, before, acting, after } = await openThree(t, () => {})
  const { onClosed } = before
  before.onClosed = error => {
    after.reset(ErrorCode.CANCEL)
    onClosed.call(before, error)
  }
  server.send(frame(DATA, 0, 99))
  t.match(await closed, { code: ErrorCode.PROTOCOL_ERROR })
  t.match(await before.closed, { origin: 'connection' })
  t.match(await acting.closed, { origin: 'connection' })
  t.match(await after.closed, { origin: 'local', code: ErrorCode.CANCEL })
})

t.test('a stream that is over when it is written to takes nothing, and tells nobody to wait', async t => {
  const { connection, before } = await openThree(t, () => {})
  connection.destroy()
  await before.closed
  t.equal(before.write(Buffer.from('late'), true), true)
  before.reset(ErrorCode.CANCEL)
  before.consumed(1)
})
