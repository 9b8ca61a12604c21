import t from 'tap'
import { ErrorCode } from '../../../../lib/upstream/http2/errors.ts'
import { Output } from '../../../../lib/upstream/http2/output.ts'
import { Sender } from '../../../../lib/upstream/http2/sender.ts'
import { RecordedStream } from './client.ts'
import { framesIn, RecordedSocket } from './recorded-socket.ts'

const endStream = 1

/** A sender, whose streams have ids and windows. */
function setUp() {
  const socket = new RecordedSocket()
  const output = new Output(socket, () => sender.pump())
  const ended: number[] = []
  const sender = new Sender(output, {
    onLocalEnd: stream => ended.push(stream.streamId),
    onWritable: stream => stream.onWritable()
  })
  return {
    sender,
    socket,
    output,
    ended,
    stream(streamId: number, sendWindow = 65_535) {
      return Object.assign(new RecordedStream(), { streamId, sendWindow })
    },
    /** The frames so far: stream, length, and whether it is the last. */
    sent() {
      output.flush()
      return framesIn(socket.bytes).map(frame => [frame.streamId, frame.payload.length, frame.flags === endStream])
    }
  }
}

t.test('what fits goes at once', async t => {
  const { sender, stream, sent, ended } = setUp()
  t.equal(sender.send(stream(1), Buffer.alloc(10), true), true)
  t.same(sent(), [[1, 10, true]])
  t.same(ended, [1])
  t.equal(sender.window, 65_525)
})

t.test('a frame holds no more than the server takes', async t => {
  const { sender, stream, sent } = setUp()
  sender.send(stream(1), Buffer.alloc(40_000), true)
  t.same(sent(), [
    [1, 16_384, false],
    [1, 16_384, false],
    [1, 7_232, true]
  ])
})

t.test('a stream waits for its own window, while others go on', async t => {
  const { sender, stream, sent, ended } = setUp()
  const narrow = stream(1, 5)
  t.equal(sender.send(narrow, Buffer.alloc(10), false), false)
  t.equal(sender.send(stream(3), Buffer.alloc(10), true), true)
  narrow.sendWindow += 5
  sender.pump()
  t.same(sent(), [
    [1, 5, false],
    [3, 10, true],
    [1, 5, false]
  ])
  t.equal(narrow.writableCount, 1)
  t.same(ended, [3])
})

t.test('streams that wait for the window of the connection take turns', async t => {
  const { sender, stream, sent } = setUp()
  sender.send(stream(1, 1e6), Buffer.alloc(65_535), true)
  for (const id of [3, 5]) sender.send(stream(id), Buffer.alloc(20_000), true)
  sender.widen(40_000)
  t.same(sent().slice(4), [
    [3, 16_384, false],
    [5, 16_384, false],
    [3, 3_616, true],
    [5, 3_616, true]
  ])
})

t.test('what is sent behind something that waits, waits too', async t => {
  const { sender, stream, sent } = setUp()
  const narrow = stream(1, 0)
  sender.send(narrow, Buffer.from('a'), false)
  sender.send(narrow, Buffer.from('b'), true)
  narrow.sendWindow = 2
  sender.pump()
  t.same(sent(), [
    [1, 1, false],
    [1, 1, true]
  ])
})

t.test('an empty end needs no window', async t => {
  const { sender, stream, sent } = setUp()
  t.equal(sender.send(stream(1, -5), Buffer.alloc(0), true), true)
  t.same(sent(), [[1, 0, true]])
})

t.test('what is over is not sent, and not kept', async t => {
  const { sender, stream, sent } = setUp()
  const narrow = stream(1, 0)
  sender.send(narrow, Buffer.alloc(10), true)
  narrow.queued = null
  sender.forget(narrow)
  narrow.sendWindow = 10
  sender.pump()
  t.same(sent(), [])
})

t.test('a window above 2^31 - 1 is refused', async t => {
  const { sender } = setUp()
  t.throws(() => sender.widen(2 ** 31 - 1), { code: ErrorCode.FLOW_CONTROL_ERROR })
})
