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
  const sender = new Sender(output)
  return {
    sender,
    socket,
    output,
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
  const { sender, stream, sent } = setUp()
  const only = stream(1)
  t.equal(sender.send(only, Buffer.alloc(10), true), true)
  t.same(sent(), [[1, 10, true]])
  t.equal(only.isLocalEnded, true)
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
  const { sender, stream, sent } = setUp()
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
  t.equal(narrow.isLocalEnded, false)
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

// Else a server that widens windows by a byte at a time would make us look at all that waits, each time.
t.test('a window that grows concerns only who waits for it', async t => {
  const { sender, stream, sent } = setUp()
  let looks = 0
  const narrow = Object.defineProperty(stream(1), 'sendWindow', {
    get() {
      looks += 1
      return 0
    }
  })
  sender.send(narrow, Buffer.alloc(1), true)
  const grown = stream(3, 0)
  sender.send(grown, Buffer.alloc(20_000), true)
  looks = 0
  grown.sendWindow = 20_000
  sender.pumpStream(grown)
  sender.widen(1)
  t.equal(looks, 0)
  t.same(sent(), [
    [3, 16_384, false],
    [3, 3_616, true]
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

// RFC 9113, section 6.9.1: an empty frame that ends the stream may go when there is no window.
t.test('an end behind data goes with it, and waits for no window of its own', async t => {
  const { sender, stream, sent } = setUp()
  sender.send(stream(1, 1e6), Buffer.alloc(65_535), false)
  const second = stream(3)
  sender.send(second, Buffer.alloc(10), false)
  t.equal(sender.send(second, Buffer.alloc(0), true), false)
  sender.widen(10)
  t.equal(sender.window, 0)
  t.same(sent().at(-1), [3, 10, true])
  t.equal(second.isLocalEnded, true)
})

t.test('nothing to send is not sent', async t => {
  const { sender, stream, sent } = setUp()
  t.equal(sender.send(stream(1), Buffer.alloc(0), false), true)
  t.same(sent(), [])
})

// RFC 9113, section 5.1: DATA on a half-closed stream is an error, and may be one of the connection.
t.test('what comes behind the end is dropped', async t => {
  const { sender, stream, sent } = setUp()
  const ended = stream(1)
  sender.send(ended, Buffer.alloc(1), true)
  t.equal(sender.send(ended, Buffer.alloc(2), false), true)
  const waiting = stream(3, 0)
  sender.send(waiting, Buffer.alloc(3), true)
  sender.send(waiting, Buffer.alloc(4), true)
  waiting.sendWindow = 100
  sender.pump()
  t.same(sent(), [
    [1, 1, true],
    [3, 3, true]
  ])
})

t.test('a window that the server made smaller must be above nothing again', async t => {
  const { sender, stream, sent } = setUp()
  const narrow = stream(1, 10)
  sender.send(narrow, Buffer.alloc(15), true)
  narrow.sendWindow -= 20
  for (const bytes of [19, 1, 5]) {
    narrow.sendWindow += bytes
    sender.pump()
  }
  t.same(sent(), [
    [1, 10, false],
    [1, 5, true]
  ])
})

t.test('a stream that is over by what another is told is not sent', async t => {
  const { sender, stream, sent } = setUp()
  const second = stream(3, 0)
  const first = stream(1, 0)
  first.onWritable = () => {
    second.queued = null
    sender.forget(second)
  }
  sender.send(first, Buffer.alloc(1), false)
  sender.send(second, Buffer.alloc(1), false)
  first.sendWindow = 1
  second.sendWindow = 1
  sender.pump()
  t.same(sent(), [[1, 1, false]])
})

t.test('a stream may write again when it is told that it can', async t => {
  const { sender, stream, sent } = setUp()
  const narrow = stream(1, 0)
  narrow.onWritable = () => {
    sender.send(narrow, Buffer.alloc(2), true)
  }
  sender.send(narrow, Buffer.alloc(1), false)
  narrow.sendWindow = 2
  sender.pump()
  narrow.sendWindow = 1
  sender.pump()
  t.same(sent(), [
    [1, 1, false],
    [1, 1, false],
    [1, 1, true]
  ])
})

t.test('data waits while the output is full', async t => {
  const { sender, stream, sent, output, socket } = setUp()
  socket.takesMore = false
  output.reference(Buffer.from('before'))
  output.flush()
  socket.writes.length = 0
  t.equal(sender.send(stream(1), Buffer.alloc(10), true), false)
  t.same(sent(), [])
  output.unblock()
  sender.pump()
  t.same(sent(), [[1, 10, true]])
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
