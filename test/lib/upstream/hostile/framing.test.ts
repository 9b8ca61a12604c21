import t from 'tap'
import { Flag, FrameType } from '../../../../lib/upstream/http2/frames.ts'
import { packedHeaders, packedStatus, rawFrame } from '../grpc/servers.ts'
import { frame, settings, uint32 } from '../http2/frame-server.ts'
import { attackEach } from './attack.ts'
import {
  continuation,
  data,
  goaway,
  goodAnswer,
  head,
  headers,
  message,
  padded,
  ping,
  trailers,
  zeros
} from './bytes.ts'

const { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, GOAWAY, WINDOW_UPDATE } = FrameType
const { ACK, END_HEADERS, PADDED } = Flag
const withPriority = Flag.PRIORITY | END_HEADERS
const frameSize = ['INTERNAL', 'GOAWAY FRAME_SIZE_ERROR'] as const
const protocol = ['INTERNAL', 'GOAWAY PROTOCOL_ERROR'] as const
const calm = ['INTERNAL', 'GOAWAY ENHANCE_YOUR_CALM'] as const
const hello = rawFrame(Buffer.from('hello'))

t.test('a frame of a wrong size ends the connection', async t => {
  attackEach(t, [
    ['PRIORITY of 4 bytes', frame(PRIORITY, 0, 1, zeros(4)), ...frameSize],
    ['PRIORITY of 6 bytes', frame(PRIORITY, 0, 1, zeros(6)), ...frameSize],
    ['RST_STREAM of 3 bytes', frame(RST_STREAM, 0, 1, zeros(3)), ...frameSize],
    ['RST_STREAM of 5 bytes', frame(RST_STREAM, 0, 1, zeros(5)), ...frameSize],
    ['RST_STREAM of nothing', frame(RST_STREAM, 0, 1), ...frameSize],
    ['SETTINGS of 5 bytes', frame(SETTINGS, 0, 0, zeros(5)), ...frameSize],
    ['SETTINGS of 7 bytes', frame(SETTINGS, 0, 0, zeros(7)), ...frameSize],
    ['an acknowledgement with settings', frame(SETTINGS, ACK, 0, zeros(6)), ...frameSize],
    ['an acknowledgement of 1 byte', frame(SETTINGS, ACK, 0, zeros(1)), ...frameSize],
    ['PING of 7 bytes', ping(zeros(7)), ...frameSize],
    ['PING of 9 bytes', ping(zeros(9)), ...frameSize],
    ['PING of nothing', ping(zeros(0)), ...frameSize],
    ['the answer to a PING, of 7 bytes', ping(zeros(7), ACK), ...frameSize],
    ['GOAWAY of 7 bytes', frame(GOAWAY, 0, 0, zeros(7)), ...frameSize],
    ['GOAWAY of nothing', frame(GOAWAY, 0, 0), ...frameSize],
    ['WINDOW_UPDATE of 3 bytes', frame(WINDOW_UPDATE, 0, 1, zeros(3)), ...frameSize],
    ['WINDOW_UPDATE of 5 bytes', frame(WINDOW_UPDATE, 0, 0, zeros(5)), ...frameSize],
    ['DATA above 16,384 bytes', [head, data(zeros(16_385))], ...frameSize],
    ['HEADERS above 16,384 bytes', headers(zeros(16_385)), ...frameSize],
    ['an unknown frame above 16,384 bytes', frame(0x55, 0, 1, zeros(16_385)), ...frameSize],
    ['the largest length, of which little comes', frame(DATA, 0, 1, zeros(9), 2 ** 24 - 1), ...frameSize],
    ['padded DATA without its length', [head, data(zeros(0), PADDED)], ...frameSize],
    ['padded HEADERS without their length', headers(zeros(0), PADDED | END_HEADERS), ...frameSize],
    ['HEADERS with half a priority', headers(zeros(4), withPriority), ...frameSize]
  ])
})

t.test('a frame as large as it may be is taken', async t => {
  const largest = rawFrame(zeros(16_384 - 5))
  attackEach(t, [
    ['DATA', [head, data(largest), trailers], 'ok', null],
    ['an unknown frame', [frame(0x55, 0, 1, zeros(16_384)), goodAnswer()], 'ok', null],
    ['GOAWAY with much to say', [goaway(1, 0, 'x'.repeat(16_376)), goodAnswer()], 'ok', 'GOAWAY NO_ERROR'],
    [
      'DATA, then as much padding as one frame has room for',
      [head, message, data(padded(zeros(0), 255), PADDED), trailers],
      'ok',
      null
    ],
    ['DATA in which most is padding', [head, data(padded(hello, 255), PADDED), trailers], 'ok', null],
    [
      'HEADERS with padding and a priority',
      [headers(padded(Buffer.concat([zeros(5), packedHeaders]), 9), withPriority | PADDED), message, trailers],
      'ok',
      null
    ]
  ])
})

t.test('padding that is longer than its frame ends the connection', async t => {
  attackEach(t, [
    ['DATA', [head, data(Buffer.from([1]), PADDED)], ...protocol],
    ['DATA, by one', [head, data(Buffer.from([6, 0, 0, 0, 0, 0]), PADDED)], ...protocol],
    ['HEADERS', headers(Buffer.from([2, 0x88]), PADDED | END_HEADERS), ...protocol],
    [
      'HEADERS, into their priority',
      headers(Buffer.concat([Buffer.from([3]), zeros(7)]), withPriority | PADDED),
      ...protocol
    ]
  ])
})

t.test('a header block that does not go on as it must ends the connection', async t => {
  const begun = headers(packedHeaders, 0)
  const empty = continuation(zeros(0))
  attackEach(t, [
    ['CONTINUATION of nothing', continuation(packedHeaders, END_HEADERS), ...protocol],
    ['CONTINUATION behind a block that is complete', [head, continuation(packedStatus(0))], ...protocol],
    ['CONTINUATION of another stream', [begun, continuation(zeros(0), END_HEADERS, 3)], ...protocol],
    ['CONTINUATION of the connection', [begun, continuation(zeros(0), END_HEADERS, 0)], ...protocol],
    ['DATA within a block', [begun, message], ...protocol],
    ['HEADERS within a block', [begun, trailers], ...protocol],
    ['PING within a block', [begun, ping()], ...protocol],
    ['SETTINGS within a block', [begun, settings()], ...protocol],
    ['an unknown frame within a block', [begun, frame(0x55, 0, 1)], ...protocol],
    ['a block that 64 frames do not end', [begun, ...new Array<Buffer>(64).fill(empty)], ...calm],
    ['a block of more than 65,536 bytes', [begun, ...new Array<Buffer>(5).fill(continuation(zeros(16_384)))], ...calm]
  ])
})

t.test('a header block in many frames is taken', async t => {
  const bytes = [...packedHeaders].map(octet => continuation(Buffer.from([octet])))
  attackEach(t, [
    [
      'of a byte each',
      [headers(zeros(0), 0), ...bytes, continuation(zeros(0), END_HEADERS), message, trailers],
      'ok',
      null
    ],
    [
      'of which most are empty, 64 in all',
      [
        headers(packedHeaders, 0),
        ...new Array<Buffer>(62).fill(continuation(zeros(0))),
        continuation(zeros(0), END_HEADERS),
        message,
        trailers
      ],
      'ok',
      null
    ]
  ])
})

t.test('frames that only clients send, and those that are unknown', async t => {
  const promise = Buffer.concat([uint32(2), packedHeaders])
  attackEach(t, [
    ['PUSH_PROMISE, which we do not allow', frame(PUSH_PROMISE, END_HEADERS, 1, promise), ...protocol],
    ['PUSH_PROMISE of the connection', frame(PUSH_PROMISE, END_HEADERS, 0, promise), ...protocol],
    ['PUSH_PROMISE of nothing', frame(PUSH_PROMISE, 0, 1), ...protocol],
    ['PRIORITY is ignored', [frame(PRIORITY, 0, 1, zeros(5)), goodAnswer()], 'ok', null],
    ['PRIORITY of a stream that never was is ignored', [frame(PRIORITY, 0, 101, zeros(5)), goodAnswer()], 'ok', null],
    [
      'unknown frames are ignored, wherever',
      [frame(0xff, 0xff, 0), frame(0x0a, 0, 1), frame(0x10, 0, 2, zeros(99)), goodAnswer()],
      'ok',
      null
    ],
    [
      'flags that are unknown are ignored',
      [frame(HEADERS, END_HEADERS | 0xd2, 1, packedHeaders), message, trailers],
      'ok',
      null
    ],
    ['the highest bit of a stream id is ignored', [frame(SETTINGS, 0, 2 ** 31), goodAnswer()], 'ok', null],
    ['PING is answered', [ping(), goodAnswer()], 'ok', null],
    ['the answer to a PING that was not sent is ignored', [ping(zeros(8), ACK), goodAnswer()], 'ok', null]
  ])
})
