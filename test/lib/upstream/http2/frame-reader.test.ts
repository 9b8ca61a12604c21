import fc from 'fast-check'
import t from 'tap'
import { ErrorCode } from '../../../../lib/upstream/http2/errors.ts'
import { FrameReader } from '../../../../lib/upstream/http2/frame-reader.ts'
import { frame } from './frame-server.ts'
import type { ReadFrame } from './recorded-socket.ts'

/** A reader, and the frames that it has handed on. */
function createReader() {
  const frames: ReadFrame[] = []
  const reader = new FrameReader({
    onFrame(type, flags, streamId, bytes, start, end) {
      frames.push({ type, flags, streamId, payload: Buffer.from(bytes.subarray(start, end)) })
    }
  })
  return { reader, frames }
}

const frames = fc.array(
  fc.record({
    type: fc.integer({ min: 0, max: 255 }),
    flags: fc.integer({ min: 0, max: 255 }),
    streamId: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    payload: fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes))
  }),
  { maxLength: 8 }
)

t.test('frames are the same, however they were cut on their way', async t => {
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (sent, sizes) => {
      const bytes = Buffer.concat(sent.map(each => frame(each.type, each.flags, each.streamId, each.payload)))
      const { reader, frames } = createReader()
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const size = sizes[turn % sizes.length]!
        reader.push(bytes.subarray(at, at + size))
        at += size
      }
      t.same(frames, sent)
    }),
    { seed: 7540, numRuns: 200 }
  )
})

t.test('the highest bit of a stream id means nothing', async t => {
  const { reader, frames } = createReader()
  reader.push(frame(0, 0, 0x80000001))
  t.equal(frames[0]?.streamId, 1)
})

t.test('a frame that is too large is refused before it is there', async t => {
  const whole = frame(0, 0, 1, Buffer.alloc(0), 16_385)
  t.throws(() => createReader().reader.push(whole), { code: ErrorCode.FRAME_SIZE_ERROR })
  const { reader } = createReader()
  reader.push(whole.subarray(0, 4))
  t.throws(() => reader.push(whole.subarray(4)), { code: ErrorCode.FRAME_SIZE_ERROR })
})

t.test('the largest frame that is allowed is read, in parts too', async t => {
  const payload = Buffer.alloc(16_384, 'x')
  const bytes = frame(0, 0, 1, payload)
  const { reader, frames } = createReader()
  reader.push(Buffer.concat([bytes, bytes.subarray(0, 10_000)]))
  reader.push(bytes.subarray(10_000))
  t.same(
    frames.map(each => each.payload),
    [payload, payload]
  )
})

t.test('a reader that was stopped hands nothing on, not even of what it has', async t => {
  let count = 0
  const reader = new FrameReader({
    onFrame() {
      count += 1
      reader.stop()
    }
  })
  reader.push(Buffer.concat([frame(0, 0, 1), frame(0, 0, 1)]))
  reader.push(frame(0, 0, 1))
  t.equal(count, 1)
})
