import t, { type Test } from 'tap'
import { Flag, FrameType } from '../../../../lib/upstream/http2/frames.ts'
import { SettingId } from '../../../../lib/upstream/http2/settings.ts'
import { rawFrame } from '../grpc/servers.ts'
import { type ClientFrame, settings, startFrameServer } from '../http2/frame-server.ts'
import { attackEach, callerOf } from './attack.ts'
import {
  data,
  goodAnswer,
  head,
  message,
  opening,
  padded,
  ping,
  reset,
  trailers,
  windowUpdate,
  zeros
} from './bytes.ts'

const { HEADER_TABLE_SIZE, ENABLE_PUSH, INITIAL_WINDOW_SIZE, MAX_FRAME_SIZE } = SettingId
const highest = 2 ** 31 - 1
/** What the request of a call left of the window that streams and connection begin with. */
const left = 65_535 - rawFrame(Buffer.from('hi')).length
const flowControl = ['INTERNAL', 'GOAWAY FLOW_CONTROL_ERROR'] as const
const protocol = ['INTERNAL', 'GOAWAY PROTOCOL_ERROR'] as const

t.test('a window of a stream that cannot be ends the stream', async t => {
  attackEach(t, [
    ['grown by nothing', windowUpdate(0), 'INTERNAL', 'RST_STREAM PROTOCOL_ERROR'],
    ['grown by nothing, within an answer', [head, windowUpdate(0), message], 'INTERNAL', 'RST_STREAM PROTOCOL_ERROR'],
    ['above 2^31 - 1', windowUpdate(highest - left + 1), 'INTERNAL', 'RST_STREAM FLOW_CONTROL_ERROR'],
    [
      'above 2^31 - 1, step by step',
      [windowUpdate(2 ** 30), windowUpdate(2 ** 30)],
      'INTERNAL',
      'RST_STREAM FLOW_CONTROL_ERROR'
    ],
    ['2^31 - 1', [windowUpdate(highest - left), goodAnswer()], 'ok', null],
    ['grown by 1, with the highest bit, which is ignored', [windowUpdate(2 ** 31 + 1), goodAnswer()], 'ok', null]
  ])
})

t.test('a window of the connection that cannot be ends the connection', async t => {
  attackEach(t, [
    ['grown by nothing', windowUpdate(0, 0), ...protocol],
    ['above 2^31 - 1', windowUpdate(highest - left + 1, 0), ...flowControl],
    ['above 2^31 - 1, step by step', [windowUpdate(2 ** 30, 0), windowUpdate(2 ** 30, 0)], ...flowControl],
    ['2^31 - 1', [windowUpdate(highest - left, 0), goodAnswer()], 'ok', null]
  ])
})

t.test('settings that cannot be end the connection', async t => {
  attackEach(t, [
    ['a window of 2^31', settings([INITIAL_WINDOW_SIZE, 2 ** 31]), ...flowControl],
    ['the highest window', settings([INITIAL_WINDOW_SIZE, 2 ** 32 - 1]), ...flowControl],
    [
      'a window that makes one of a stream too large',
      [windowUpdate(highest - left), settings([INITIAL_WINDOW_SIZE, 65_536])],
      ...flowControl
    ],
    ['pushes', settings([ENABLE_PUSH, 1]), ...protocol],
    ['a switch that is neither on nor off', settings([ENABLE_PUSH, 2]), ...protocol],
    ['frames of 16,383 bytes', settings([MAX_FRAME_SIZE, 16_383]), ...protocol],
    ['frames of 2^24 bytes', settings([MAX_FRAME_SIZE, 2 ** 24]), ...protocol],
    ['frames of nothing', settings([MAX_FRAME_SIZE, 0]), ...protocol],
    ['one that is good, and one that is not', settings([MAX_FRAME_SIZE, 16_384], [ENABLE_PUSH, 1]), ...protocol]
  ])
})

t.test('settings at their bounds hold for the next call', async t => {
  attackEach(t, [
    ['the highest window', [settings([INITIAL_WINDOW_SIZE, highest]), goodAnswer()], 'ok', null],
    ['windows that become negative', [settings([INITIAL_WINDOW_SIZE, 0]), goodAnswer()], 'ok', null],
    [
      'a window that goes up and down',
      [settings([INITIAL_WINDOW_SIZE, 0], [INITIAL_WINDOW_SIZE, highest], [INITIAL_WINDOW_SIZE, 1]), goodAnswer()],
      'ok',
      null
    ],
    ['the largest frames', [settings([MAX_FRAME_SIZE, 2 ** 24 - 1]), goodAnswer()], 'ok', null],
    ['no table', [settings([HEADER_TABLE_SIZE, 0]), goodAnswer()], 'ok', null],
    ['the largest table', [settings([HEADER_TABLE_SIZE, 2 ** 32 - 1]), goodAnswer()], 'ok', null],
    [
      'a table that goes and comes',
      [settings([HEADER_TABLE_SIZE, 0], [HEADER_TABLE_SIZE, 9]), goodAnswer()],
      'ok',
      null
    ],
    ['no pushes', [settings([ENABLE_PUSH, 0]), goodAnswer()], 'ok', null],
    ['some that are unknown', [settings([0, 1], [7, 7], [0xffff, 2 ** 32 - 1]), goodAnswer()], 'ok', null],
    ['2,730 in one frame', [settings(...new Array<[number, number]>(2_730).fill([9, 9])), goodAnswer()], 'ok', null]
  ])
})

t.test('all settings are acknowledged, each once', async t => {
  const acknowledged = Promise.withResolvers<number>()
  const { port } = await startFrameServer(t, async client => {
    client.send(opening, settings([INITIAL_WINDOW_SIZE, 1]), settings([INITIAL_WINDOW_SIZE, 65_535]), ping())
    await client.frame(FrameType.PING)
    const isAck = ({ type, flags }: ClientFrame) => type === FrameType.SETTINGS && flags === Flag.ACK
    acknowledged.resolve(client.frames.filter(isAck).length)
    await client.frame(FrameType.HEADERS)
    client.send(goodAnswer())
  })
  t.equal(await callerOf(t, port, {})(), 'ok')
  t.equal(await acknowledged.promise, 3)
})

t.test('more DATA than the window of a stream that nobody reads ends the stream', async t => {
  const full = data(rawFrame(zeros(1_000 - 5)))
  const options = { stream: 'unread' as const, connection: { streamWindowBytes: 1_000 } }
  const tooMuch = ['INTERNAL', 'RST_STREAM FLOW_CONTROL_ERROR'] as const
  attackEach(
    t,
    [
      ['all of it', [head, full, trailers], 'ok', null],
      [
        'padding, which nobody has to read, ten times as much',
        [head, ...new Array<Buffer>(40).fill(data(padded(zeros(0), 255), Flag.PADDED)), trailers],
        'ok',
        null
      ],
      ['a byte more', [head, full, data(zeros(1)), trailers], ...tooMuch],
      ['a byte more, as padding', [head, full, data(zeros(1), Flag.PADDED), trailers], ...tooMuch],
      ['in one frame', [head, data(zeros(1_001)), trailers], ...tooMuch],
      ['before headers', data(zeros(1_001)), ...tooMuch],
      ['with the end of the stream', [head, full, data(zeros(1), Flag.END_STREAM)], ...tooMuch]
    ],
    options
  )
})

const sum = (values: number[]) => values.reduce((total, value) => total + value, 0)

/** Sends more than the connection takes; answers what it takes at the end. The server does not wait for it. */
async function windowBehind(t: Test, frames: Buffer[]): Promise<number> {
  const window = Promise.withResolvers<number>()
  const { port } = await startFrameServer(t, async client => {
    client.send(opening)
    await client.frame(FrameType.HEADERS)
    client.send(...frames, ping())
    await client.frame(FrameType.PING)
    const updates = client.frames.filter(({ type, streamId }) => type === FrameType.WINDOW_UPDATE && streamId === 0)
    const sent = frames.filter(bytes => bytes[3] === FrameType.DATA).map(bytes => bytes.readUIntBE(0, 3))
    window.resolve(65_535 + sum(updates.map(({ payload }) => payload.readUInt32BE(0))) - sum(sent))
  })
  await callerOf(t, port, {})()
  return window.promise
}

for (const [title, first] of [
  ['behind its end', [head, message, trailers]],
  ['behind a reset', [reset(8)]],
  ['behind our RST_STREAM', [message]]
] as const) {
  t.test(`DATA of a call that is over is given back to the connection: ${title}`, async t => {
    const window = await windowBehind(t, [...first, ...new Array<Buffer>(2_100).fill(data(zeros(16_384)))])
    t.ok(window > 2 ** 23 && window <= 2 ** 24, `it takes ${window} bytes more`)
  })
}
