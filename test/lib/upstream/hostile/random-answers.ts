import fc, { type Arbitrary } from 'fast-check'
import { FrameType } from '../../../../lib/upstream/http2/frames.ts'
import { packedHeaders, packedStatus, rawFrame } from '../grpc/servers.ts'
import { frame, settings } from '../http2/frame-server.ts'
import {
  block,
  continuation,
  data,
  goaway,
  headers,
  lastHeaders,
  opening,
  ping,
  reset,
  settingsAck,
  windowUpdate
} from './bytes.ts'

/** What a server says on one connection. */
export interface RandomAnswer {
  /** Before any call is heard. */
  opening: Buffer
  /** Behind the headers of the calls, in the pieces in which it is written. */
  pieces: Buffer[]
  /** Whether all frames are whole, so that one more would be read. */
  isWhole: boolean
}

const hello = rawFrame(Buffer.from('hello'))

/** The streams of calls; and one that is none, that of servers, and that of the connection. */
const callIds = fc.constantFrom(1, 3, 5, 7, 9)
const streamIds = fc.oneof(
  { weight: 12, arbitrary: callIds },
  { weight: 1, arbitrary: fc.constantFrom(0, 2, 11, 2 ** 31 - 1) }
)

const number = fc.oneof(
  fc.constantFrom(0, 1, 65_535, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1),
  fc.nat(100_000),
  fc.nat(2 ** 31 - 1)
)

const growth = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 100_000 }) },
  { weight: 1, arbitrary: number }
)

const payload = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.constantFrom(packedHeaders, packedStatus(0), packedStatus(14), hello),
  fc.constantFrom(1_000, 3_000, 16_384, 16_385).map(length => Buffer.alloc(length)),
  fc.uint8Array({ maxLength: 20 }).map(bytes => Buffer.concat([packedHeaders, bytes]))
)

const field = fc.tuple(
  fc.constantFrom(':status', 'grpc-status', 'grpc-encoding', 'content-type', 'content-length', 'X', 'x', 'connection'),
  fc.constantFrom('200', '103', '0', '5', 'gzip', 'application/grpc', '10', '', 'a\0')
)

const setting = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(fc.constantFrom(1, 3, 4, 6, 7), fc.nat(100_000)) },
  { weight: 1, arbitrary: fc.tuple(fc.nat(7), number) }
)

/** Frames such as good servers send, in any order. */
const validFrame: Arbitrary<Buffer> = fc.oneof(
  { weight: 3, arbitrary: streamIds.map(id => headers(packedHeaders, 4, id)) },
  { weight: 3, arbitrary: streamIds.map(id => data(hello, 0, id)) },
  { weight: 3, arbitrary: streamIds.map(id => lastHeaders(packedStatus(0), id)) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(streamIds, fc.nat(packedHeaders.length))
      .map(([id, at]) =>
        Buffer.concat([headers(packedHeaders.subarray(0, at), 0, id), continuation(packedHeaders.subarray(at), 4, id)])
      )
  },
  { weight: 1, arbitrary: fc.tuple(streamIds, fc.nat(15)).map(([id, code]) => reset(code, id)) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.oneof(callIds, fc.constant(0)), growth).map(([id, bytes]) => windowUpdate(bytes, id))
  },
  { weight: 1, arbitrary: fc.tuple(fc.nat(12), fc.nat(14)).map(([id, code]) => goaway(id, code)) },
  { weight: 2, arbitrary: fc.array(setting, { maxLength: 4 }).map(values => settings(...values)) },
  { weight: 1, arbitrary: fc.constantFrom(ping(), ping(Buffer.alloc(8), 1), settingsAck) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(streamIds, fc.array(field, { maxLength: 4 }), fc.nat(0x2f))
      .map(([id, fields, flags]) => headers(block(...fields), flags, id))
  }
)

/** Any type, flags, stream and payload. */
const randomFrame: Arbitrary<Buffer> = fc
  .tuple(fc.oneof(fc.nat(9), fc.nat(255)), fc.oneof(fc.constantFrom(0, 1, 4, 5, 8), fc.nat(255)), streamIds, payload)
  .map(([type, flags, streamId, bytes]) => frame(type, flags, streamId, bytes))

/** A frame of which an octet of its type, flags, stream or payload is another; its length holds. */
const changedFrame: Arbitrary<Buffer> = fc.tuple(validFrame, fc.nat(), fc.nat(255)).map(([bytes, at, octet]) => {
  const changed = Buffer.from(bytes)
  changed[3 + (at % (bytes.length - 3))] = octet
  return changed
})

/** Breaks off anywhere, or says another length, or is no frame at all. */
const brokenFrame: Arbitrary<Buffer> = fc.oneof(
  fc.tuple(validFrame, fc.nat()).map(([bytes, at]) => bytes.subarray(0, at % bytes.length)),
  fc.tuple(fc.nat(2 ** 15), payload).map(([length, bytes]) => frame(FrameType.DATA, 0, 1, bytes, length)),
  fc.uint8Array({ maxLength: 60 }).map(bytes => Buffer.from(bytes))
)

/** Good answers to some of the calls, their frames in turns. */
const goodAnswers: Arbitrary<Buffer[]> = fc.array(callIds, { maxLength: 20 }).map(turns => {
  const sent = new Map<number, number>()
  return turns.map(id => {
    const part = sent.get(id) ?? 0
    sent.set(id, part + 1)
    return [headers(packedHeaders, 4, id), data(hello, 0, id), lastHeaders(packedStatus(0), id)][part % 3]!
  })
})

/** What is done to a list of frames, somewhere. */
const edit = fc.tuple(
  fc.nat(),
  fc.oneof(
    { weight: 6, arbitrary: validFrame },
    { weight: 2, arbitrary: changedFrame },
    { weight: 1, arbitrary: randomFrame },
    { weight: 2, arbitrary: fc.constantFrom('leave out' as const, 'repeat' as const) }
  )
)

const wholeFrames = fc.tuple(goodAnswers, fc.array(edit, { maxLength: 8 })).map(([frames, edits]) => {
  for (const [place, what] of edits) {
    const at = place % (frames.length + 1)
    if (what === 'leave out') frames.splice(at, 1)
    else if (what === 'repeat') frames.splice(at, 0, ...frames.slice(at, at + 1))
    else frames.splice(at, 0, what)
  }
  return frames
})

/** Good, or anything. */
const openings = fc.oneof(
  { weight: 8, arbitrary: fc.constant(opening) },
  { weight: 1, arbitrary: fc.array(setting, { maxLength: 4 }).map(values => settings(...values)) },
  { weight: 1, arbitrary: fc.oneof(changedFrame, brokenFrame, randomFrame) }
)

/** Most answers are whole: behind those, it can be seen whether the connection goes on. */
const maybeBroken = fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: brokenFrame })

/** Anything that a server could send. */
export const randomAnswers: Arbitrary<RandomAnswer> = fc
  .tuple(openings, wholeFrames, maybeBroken, fc.array(fc.integer({ min: 1, max: 400 })))
  .map(([first, frames, last, lengths]) => ({
    opening: first,
    pieces: cut(Buffer.concat(last === null ? frames : [...frames, last]), lengths),
    isWhole: last === null
  }))

function cut(bytes: Buffer, lengths: number[]): Buffer[] {
  const pieces: Buffer[] = []
  let at = 0
  for (const length of lengths) {
    if (at + length >= bytes.length) break
    pieces.push(bytes.subarray(at, at + length))
    at += length
  }
  return [...pieces, bytes.subarray(at)]
}
