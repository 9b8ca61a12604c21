import t from 'tap'
import { HpackDecoder } from '../../../../lib/upstream/hpack/decoder.ts'
import { ErrorCode } from '../../../../lib/upstream/http2/errors.ts'
import { FloodGuard } from '../../../../lib/upstream/http2/flood-guard.ts'
import { FrameParser } from '../../../../lib/upstream/http2/frame-parser.ts'
import { Flag, FrameType } from '../../../../lib/upstream/http2/frames.ts'
import { literal, status200, uint32 } from './frame-server.ts'

const { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION } =
  FrameType
const { ACK, END_STREAM, END_HEADERS, PADDED } = Flag

type Frame = [type: number, flags: number, streamId: number, payload: Uint8Array]

const nothing = Buffer.alloc(0)

/** A parser, which has seen the settings of the server unless it is said otherwise, and what it tells. */
function setUp({ isBegun = true, maxBlockBytes = 1_000 } = {}) {
  const told: unknown[][] = []
  const tell =
    (event: string) =>
    (...said: unknown[]) => {
      told.push([event, ...said])
    }
  const parser = new FrameParser({
    decoder: new HpackDecoder({ maxTableBytes: 4_096, maxListBytes: 1_000 }),
    guard: new FloodGuard(() => 0),
    maxBlockBytes,
    events: {
      onSettings: (bytes, start, end) => told.push(['settings', String(bytes.subarray(start, end))]),
      onSettingsAck: tell('settings ack'),
      onPing: payload => told.push(['ping', String(payload)]),
      onPingAck: tell('ping ack'),
      onGoaway: tell('goaway'),
      onWindowUpdate: tell('window'),
      onReset: tell('reset'),
      onHeaders: tell('headers'),
      onData: (streamId, bytes, flowBytes, isEnd) => told.push(['data', streamId, String(bytes), flowBytes, isEnd])
    }
  })
  const take = (...frames: Frame[]) => {
    for (const [type, flags, streamId, payload] of frames) {
      // As they come: somewhere in a buffer.
      const bytes = Buffer.concat([Buffer.from('before'), payload, Buffer.from('behind')])
      parser.onFrame(type, flags, streamId, bytes, 6, 6 + payload.length)
    }
  }
  if (isBegun) take([SETTINGS, 0, 0, nothing])
  told.length = 0
  return { take, told }
}

/** With `padding` octets behind it, and their number before it (RFC 9113, section 6.1). */
function padded(content: string | Uint8Array, padding: number): Buffer {
  return Buffer.concat([Buffer.from([padding]), Buffer.from(content), Buffer.alloc(padding)])
}

const priority = Buffer.alloc(5, 0xff)
const headers = ['headers', 1, [':status', '200'], false]

const readings: [title: string, frames: Frame[], told: unknown[][]][] = [
  ['DATA', [[DATA, 0, 1, Buffer.from('abc')]], [['data', 1, 'abc', 3, false]]],
  ['DATA that is the end', [[DATA, END_STREAM, 3, nothing]], [['data', 3, '', 0, true]]],
  ['DATA with padding, which counts', [[DATA, PADDED, 1, padded('abc', 4)]], [['data', 1, 'abc', 8, false]]],
  ['DATA that is padding alone', [[DATA, PADDED, 1, padded('', 9)]], [['data', 1, '', 10, false]]],
  ['HEADERS', [[HEADERS, END_HEADERS, 1, status200]], [headers]],
  [
    'HEADERS that are the end',
    [[HEADERS, END_HEADERS | END_STREAM, 1, status200]],
    [['headers', 1, [':status', '200'], true]]
  ],
  ['HEADERS with padding', [[HEADERS, END_HEADERS | PADDED, 1, padded(status200, 3)]], [headers]],
  [
    'HEADERS with a priority, which means nothing',
    [[HEADERS, END_HEADERS | Flag.PRIORITY, 1, Buffer.concat([priority, status200])]],
    [headers]
  ],
  [
    'HEADERS with both',
    [[HEADERS, END_HEADERS | PADDED | Flag.PRIORITY, 1, padded(Buffer.concat([priority, status200]), 2)]],
    [headers]
  ],
  [
    'HEADERS in parts, cut within a field',
    [
      [HEADERS, END_STREAM, 1, Buffer.concat([status200, literal('a', 'b').subarray(0, 2)])],
      [CONTINUATION, 0, 1, nothing],
      [CONTINUATION, END_HEADERS, 1, literal('a', 'b').subarray(2)]
    ],
    [['headers', 1, [':status', '200', 'a', 'b'], true]]
  ],
  [
    'HEADERS that are larger than we take',
    [[HEADERS, END_HEADERS, 1, Buffer.concat(new Array<Buffer>(30).fill(literal('a', 'b')))]],
    [['headers', 1, null, false]]
  ],
  ['RST_STREAM', [[RST_STREAM, 0, 1, uint32(0xffff_ffff)]], [['reset', 1, 0xffff_ffff]]],
  ['SETTINGS', [[SETTINGS, 0, 0, Buffer.from('123456')]], [['settings', '123456']]],
  ['SETTINGS, acknowledged', [[SETTINGS, ACK, 0, nothing]], [['settings ack']]],
  ['PING', [[PING, 0, 0, Buffer.from('12345678')]], [['ping', '12345678']]],
  ['PING, answered', [[PING, ACK, 0, Buffer.from('12345678')]], [['ping ack']]],
  [
    'GOAWAY',
    [[GOAWAY, 0, 0, Buffer.concat([uint32(0x8000_0007), uint32(11), Buffer.from('calm')])]],
    [['goaway', 7, 11, 'calm']]
  ],
  [
    'GOAWAY with a long reason, of which the beginning is kept',
    [[GOAWAY, 0, 0, Buffer.concat([uint32(1), uint32(0), Buffer.alloc(10_000, 'x')])]],
    [['goaway', 1, 0, 'x'.repeat(256)]]
  ],
  ['WINDOW_UPDATE, without its highest bit', [[WINDOW_UPDATE, 0, 0, uint32(0x8000_0005)]], [['window', 0, 5]]],
  ['PRIORITY, which means nothing', [[PRIORITY, 0, 1, priority]], []],
  [
    'a type that is unknown, on any stream',
    [
      [0x55, 0xff, 0, nothing],
      [0xff, 0, 2, Buffer.alloc(99)]
    ],
    []
  ],
  ['flags that a frame does not have', [[RST_STREAM, 0xff, 1, uint32(8)]], [['reset', 1, 8]]]
]

for (const [title, frames, expected] of readings) {
  t.test(`reads ${title}`, async t => {
    const { take, told } = setUp()
    take(...frames)
    t.same(told, expected)
  })
}

const { PROTOCOL_ERROR, FRAME_SIZE_ERROR, COMPRESSION_ERROR, ENHANCE_YOUR_CALM } = ErrorCode

const refusals: [section: string, title: string, code: number, ...frames: Frame[]][] = [
  ['6.1', 'DATA of the connection', PROTOCOL_ERROR, [DATA, 0, 0, nothing]],
  ['6.1', 'DATA with more padding than there is', PROTOCOL_ERROR, [DATA, PADDED, 1, Buffer.from([2, 0])]],
  ['6.1', 'DATA without the length of its padding', FRAME_SIZE_ERROR, [DATA, PADDED, 1, nothing]],
  ['6.2', 'HEADERS of the connection', PROTOCOL_ERROR, [HEADERS, END_HEADERS, 0, status200]],
  ['6.2', 'HEADERS with half a priority', FRAME_SIZE_ERROR, [HEADERS, Flag.PRIORITY, 1, Buffer.alloc(4)]],
  ['6.2', 'HEADERS with more padding than there is', PROTOCOL_ERROR, [HEADERS, PADDED, 1, Buffer.from([1])]],
  [
    '6.2',
    'padding that reaches into the priority',
    PROTOCOL_ERROR,
    [HEADERS, PADDED | Flag.PRIORITY, 1, Buffer.from([1, 0, 0, 0, 0, 0])]
  ],
  ['6.2', 'HEADERS without the length of its padding', FRAME_SIZE_ERROR, [HEADERS, PADDED, 1, nothing]],
  ['4.3', 'a block that cannot be decoded', COMPRESSION_ERROR, [HEADERS, END_HEADERS, 1, Buffer.from([0x80])]],
  ['4.3', 'a frame within a block', PROTOCOL_ERROR, [HEADERS, 0, 1, status200], [PING, 0, 0, Buffer.alloc(8)]],
  [
    '4.3',
    'the block of another within a block',
    PROTOCOL_ERROR,
    [HEADERS, 0, 1, status200],
    [CONTINUATION, 4, 3, nothing]
  ],
  ['6.3', 'PRIORITY of the connection', PROTOCOL_ERROR, [PRIORITY, 0, 0, priority]],
  ['6.3', 'PRIORITY of a wrong size', FRAME_SIZE_ERROR, [PRIORITY, 0, 1, Buffer.alloc(4)]],
  ['6.4', 'RST_STREAM of the connection', PROTOCOL_ERROR, [RST_STREAM, 0, 0, uint32(0)]],
  ['6.4', 'RST_STREAM of a wrong size', FRAME_SIZE_ERROR, [RST_STREAM, 0, 1, Buffer.alloc(5)]],
  ['6.5', 'SETTINGS of a stream', PROTOCOL_ERROR, [SETTINGS, 0, 1, nothing]],
  ['6.5', 'an acknowledgement that says something', FRAME_SIZE_ERROR, [SETTINGS, ACK, 0, Buffer.alloc(6)]],
  ['6.6', 'a push, which we have forbidden', PROTOCOL_ERROR, [PUSH_PROMISE, END_HEADERS, 1, uint32(2)]],
  ['6.7', 'PING of a stream', PROTOCOL_ERROR, [PING, 0, 1, Buffer.alloc(8)]],
  ['6.7', 'PING of a wrong size', FRAME_SIZE_ERROR, [PING, 0, 0, Buffer.alloc(7)]],
  ['6.8', 'GOAWAY of a stream', PROTOCOL_ERROR, [GOAWAY, 0, 1, Buffer.alloc(8)]],
  ['6.8', 'GOAWAY that is too short', FRAME_SIZE_ERROR, [GOAWAY, 0, 0, Buffer.alloc(7)]],
  ['6.9', 'WINDOW_UPDATE of a wrong size', FRAME_SIZE_ERROR, [WINDOW_UPDATE, 0, 1, Buffer.alloc(3)]],
  ['6.10', 'CONTINUATION of nothing', PROTOCOL_ERROR, [CONTINUATION, END_HEADERS, 1, status200]],
  [
    '6.10',
    'CONTINUATION of what is complete',
    PROTOCOL_ERROR,
    [HEADERS, END_HEADERS, 1, status200],
    [CONTINUATION, END_HEADERS, 1, nothing]
  ],
  [
    '10.5.1',
    'a block that is larger than we take',
    ENHANCE_YOUR_CALM,
    [HEADERS, 0, 1, Buffer.alloc(600)],
    [CONTINUATION, 0, 1, Buffer.alloc(401)]
  ],
  [
    '10.5',
    'a block of parts without end',
    ENHANCE_YOUR_CALM,
    [HEADERS, 0, 1, status200],
    ...new Array<Frame>(64).fill([CONTINUATION, 0, 1, nothing])
  ]
]

for (const [section, title, code, ...frames] of refusals) {
  t.test(`RFC 9113, section ${section}: ${title} ends the connection`, async t => {
    const { take } = setUp()
    t.throws(() => take(...frames), { name: 'ConnectionError', code })
  })
}

// RFC 9113, section 3.4: SETTINGS come first.
const beginnings: [title: string, frame: Frame][] = [
  ['an acknowledgement', [SETTINGS, ACK, 0, nothing]],
  ['HEADERS', [HEADERS, END_HEADERS, 1, status200]],
  ['what is unknown', [0x55, 0, 0, nothing]]
]
for (const [title, frame] of beginnings) {
  t.test(`a server that begins with ${title} speaks another protocol`, async t => {
    const { take } = setUp({ isBegun: false })
    t.throws(() => take(frame), { code: PROTOCOL_ERROR, message: /begin with SETTINGS/ })
  })
}

const floods: [kind: string, most: number, frame: Frame][] = [
  ['PING', 50_000, [PING, 0, 0, Buffer.alloc(8)]],
  ['SETTINGS', 200, [SETTINGS, 0, 0, nothing]],
  ['empty DATA', 50_000, [DATA, 0, 1, nothing]],
  ['PRIORITY', 2_000, [PRIORITY, 0, 1, priority]],
  ['GOAWAY', 100, [GOAWAY, 0, 0, Buffer.alloc(8)]]
]
for (const [kind, most, frame] of floods) {
  t.test(`more ${kind} in a second than makes sense ends the connection`, async t => {
    const { take } = setUp()
    // The settings that it began with are one of their kind.
    for (let sent = 1; sent < most; sent++) take(frame)
    t.throws(() => take(frame, frame), { code: ENHANCE_YOUR_CALM })
  })
}
