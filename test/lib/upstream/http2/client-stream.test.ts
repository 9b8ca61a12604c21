import t from 'tap'
import { ErrorCode } from '../../../../lib/upstream/http2/errors.ts'
import { RecordedStream } from './client.ts'

/** An owner that writes down what it is asked. */
function createOwner(takes = true) {
  const asked: unknown[][] = []
  return {
    asked,
    sendData(_stream: unknown, bytes: Uint8Array, isEnd: boolean) {
      asked.push(['send', bytes.length, isEnd])
      return takes
    },
    resetStream: (_stream: unknown, code: number) => asked.push(['reset', code]),
    giveBack: (_stream: unknown, bytes: number) => asked.push(['give back', bytes])
  }
}

t.test('what a stream does is asked of its connection', async t => {
  const owner = createOwner()
  const stream = Object.assign(new RecordedStream(), { owner })
  stream.write(Buffer.alloc(3), false)
  stream.end()
  stream.consumed(7)
  stream.reset(ErrorCode.CANCEL)
  t.same(owner.asked, [
    ['send', 3, false],
    ['send', 0, true],
    ['give back', 7],
    ['reset', 8]
  ])
})

t.test('a writer hears when it has to wait', async t => {
  for (const takes of [true, false]) {
    const stream = Object.assign(new RecordedStream(), { owner: createOwner(takes) })
    t.equal(stream.write(Buffer.alloc(1), false), takes)
  }
})

t.test('a stream that is over, or was not opened, does nothing, and nobody has to wait for it', async t => {
  const stream = new RecordedStream()
  t.equal(stream.write(Buffer.alloc(1), true), true)
  stream.end()
  stream.consumed(1)
  stream.reset(ErrorCode.CANCEL)
  t.equal(stream.streamId, 0)
})
