import t from 'tap'
import { FrameType, writeFrameHeader } from '../../../../lib/upstream/http2/frames.ts'

// RFC 9113, section 4.1.
const frames: [length: number, type: number, flags: number, streamId: number, bytes: string][] = [
  [0, FrameType.SETTINGS, 1, 0, '000000 04 01 00000000'],
  [8, FrameType.PING, 0, 0, '000008 06 00 00000000'],
  [16_384, FrameType.DATA, 1, 3, '004000 00 01 00000003'],
  [2 ** 24 - 1, FrameType.HEADERS, 0xff, 2 ** 31 - 1, 'ffffff 01 ff 7fffffff']
]

for (const [length, type, flags, streamId, bytes] of frames) {
  t.test(`the header of a frame of ${length} bytes on stream ${streamId}`, async t => {
    const target = Buffer.alloc(11)
    t.equal(writeFrameHeader(target, 1, length, type, flags, streamId), 10)
    t.equal(target.toString('hex'), `00${bytes.replaceAll(' ', '')}00`)
  })
}
