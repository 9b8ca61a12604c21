import t from 'tap'
import { HpackDecoder } from '../../../../lib/upstream/hpack/decoder.ts'
import { HeaderTemplate, HpackEncoder } from '../../../../lib/upstream/hpack/encoder.ts'
import { ErrorCode } from '../../../../lib/upstream/http2/errors.ts'
import { FrameWriter } from '../../../../lib/upstream/http2/frame-writer.ts'
import { Flag, FrameType, preface } from '../../../../lib/upstream/http2/frames.ts'
import { Output } from '../../../../lib/upstream/http2/output.ts'
import { uint32 } from './frame-server.ts'
import { framesIn, RecordedSocket } from './recorded-socket.ts'

function setUp() {
  const socket = new RecordedSocket()
  const output = new Output(socket, () => {})
  const writer = new FrameWriter(output, new HpackEncoder(), new HeaderTemplate([':method', 'POST']))
  return {
    writer,
    output,
    written() {
      output.flush()
      return socket.bytes
    }
  }
}

t.test('the preface is what every server waits for, and our settings', async t => {
  const { writer, written } = setUp()
  writer.preface(Buffer.from('123456'))
  const bytes = written()
  t.same(bytes.subarray(0, preface.length), preface)
  t.match(framesIn(bytes.subarray(preface.length)), [{ type: FrameType.SETTINGS, payload: Buffer.from('123456') }])
})

t.test('frames without a stream, and of one', async t => {
  const { writer, written } = setUp()
  writer.settingsAck()
  writer.pingAck(Buffer.from('12345678'))
  writer.windowUpdate(0, 7)
  writer.reset(3, ErrorCode.CANCEL)
  writer.goaway(ErrorCode.PROTOCOL_ERROR)
  t.same(framesIn(written()), [
    { type: FrameType.SETTINGS, flags: Flag.ACK, streamId: 0, payload: Buffer.alloc(0) },
    { type: FrameType.PING, flags: Flag.ACK, streamId: 0, payload: Buffer.from('12345678') },
    { type: FrameType.WINDOW_UPDATE, flags: 0, streamId: 0, payload: uint32(7) },
    { type: FrameType.RST_STREAM, flags: 0, streamId: 3, payload: uint32(ErrorCode.CANCEL) },
    { type: FrameType.GOAWAY, flags: 0, streamId: 0, payload: Buffer.concat([uint32(0), uint32(1)]) }
  ])
})

t.test('headers that are larger than a frame go on in others', async t => {
  const { writer, written } = setUp()
  writer.headers(1, new HeaderTemplate([':path', '/']), ['x-long', 'é'.repeat(50)], true, 20)
  const frames = framesIn(written())
  t.ok(frames.length > 2)
  t.ok(frames.every(({ payload }) => payload.length <= 20))
  t.same(
    frames.map(({ type, flags }) => [type, flags]),
    frames.map((_, at) => [
      at === 0 ? FrameType.HEADERS : FrameType.CONTINUATION,
      (at === 0 ? Flag.END_STREAM : 0) | (at === frames.length - 1 ? Flag.END_HEADERS : 0)
    ])
  )
  const decoder = new HpackDecoder({ maxTableBytes: 4_096, maxListBytes: 65_536 })
  const block = Buffer.concat(frames.map(({ payload }) => payload))
  t.same(decoder.decode(block, 0, block.length), [':method', 'POST', ':path', '/', 'x-long', 'é'.repeat(50)])
})

t.test('a server that asks, and does not read the answers, is told so', async t => {
  const { writer, output } = setUp()
  output.reference(Buffer.alloc(4 * 1024 * 1024 + 1))
  const calm = { code: ErrorCode.ENHANCE_YOUR_CALM }
  t.throws(() => writer.pingAck(Buffer.alloc(8)), calm)
  t.throws(() => writer.settingsAck(), calm)
  writer.reset(1, ErrorCode.CANCEL)
})
