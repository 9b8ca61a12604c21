import { Code } from '@connectrpc/connect'
import fc from 'fast-check'
import t from 'tap'
import { type Frame, FrameReader, frameOf } from '../../../../lib/upstream/grpc/framing.ts'

/** The frames of a body that comes in these pieces. */
function read(reader: FrameReader, pieces: Buffer[]): Frame[] {
  const frames: Frame[] = []
  for (const piece of pieces) {
    // As the connection does with its own.
    const reused = Buffer.from(piece)
    reader.push(reused)
    for (let frame = reader.next(); frame !== null; frame = reader.next()) frames.push(frame)
    reused.fill(0xee)
  }
  return frames
}

/** The body, cut at these places. */
function cut(body: Buffer, places: number[]): Buffer[] {
  const at = [0, ...places.map(place => place % (body.length + 1)).sort((a, b) => a - b), body.length]
  return at.slice(1).map((end, index) => body.subarray(at[index], end))
}

t.test('messages come out as they went in, however the body is cut', async t => {
  const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 })
  const places = fc.array(fc.nat(300), { maxLength: 40 })
  fc.assert(
    fc.property(messages, places, (messages, places) => {
      const reader = new FrameReader(40)
      const frames = read(reader, cut(Buffer.concat(messages.map(message => frameOf(message))), places))
      t.same(
        frames.map(({ data }) => [...data]),
        messages.map(message => [...message])
      )
      t.equal(reader.isPartial, false)
    }),
    { seed: 7, numRuns: 200 }
  )
})

t.test('a body that ends within a message is known to', async t => {
  const body = frameOf(Buffer.from('abc'))
  for (let length = 1; length < body.length; length++) {
    const reader = new FrameReader(10)
    t.same(read(reader, [body.subarray(0, length)]), [])
    t.equal(reader.isPartial, true, `${length} bytes`)
  }
})

t.test('a message above the limit is refused by its length, before it comes', async t => {
  const reader = new FrameReader(10)
  t.equal(read(reader, [frameOf(Buffer.alloc(10))]).length, 1)
  const prefix = Buffer.from([0, 0xff, 0xff, 0xff, 0xff])
  t.throws(() => read(reader, [prefix]), { code: Code.ResourceExhausted })
})

t.test('a length that is only claimed takes no memory for each piece that comes', async t => {
  const reader = new FrameReader(4 * 1024 * 1024)
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed
  const piece = Buffer.from([0])
  read(reader, [Buffer.from([0, 0, 0x40, 0, 0]), ...Array<Buffer>(1_000_000).fill(piece)])
  t.ok(process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before < 64 * 1024 * 1024)
})

t.test('a flag that is neither 0 nor 1 is no message', async t => {
  t.throws(() => read(new FrameReader(10), [Buffer.from([2, 0, 0, 0, 0])]), { code: Code.Internal })
})

t.test('a message says whether it is compressed', async t => {
  for (const compressed of [false, true]) {
    t.same(read(new FrameReader(10), [frameOf(Buffer.from('a'), compressed)]), [{ compressed, data: Buffer.from('a') }])
  }
})
