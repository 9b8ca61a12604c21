import t from 'tap'
import { Flag, FrameType } from '../../../../lib/upstream/http2/frames.ts'
import { packedHeaders, packedStatus } from '../grpc/servers.ts'
import { frame, settings } from '../http2/frame-server.ts'
import { attackEach } from './attack.ts'
import {
  continuation,
  data,
  goaway,
  goodAnswer,
  head,
  headers,
  lastHeaders,
  message,
  reset,
  trailers,
  windowUpdate,
  zeros
} from './bytes.ts'

const { PRIORITY, SETTINGS, PING, GOAWAY } = FrameType
const { ACK, END_HEADERS } = Flag
const protocol = ['INTERNAL', 'GOAWAY PROTOCOL_ERROR'] as const

t.test('a frame of a stream on the connection ends the connection', async t => {
  attackEach(t, [
    ['DATA', data(zeros(5), 0, 0), ...protocol],
    ['HEADERS', headers(packedHeaders, END_HEADERS, 0), ...protocol],
    ['HEADERS that are not complete', headers(packedHeaders, 0, 0), ...protocol],
    ['PRIORITY', frame(PRIORITY, 0, 0, zeros(5)), ...protocol],
    ['RST_STREAM', reset(8, 0), ...protocol],
    ['CONTINUATION', continuation(packedHeaders, END_HEADERS, 0), ...protocol]
  ])
})

t.test('a frame of the connection on a stream ends the connection', async t => {
  attackEach(t, [
    ['SETTINGS', frame(SETTINGS, 0, 1), ...protocol],
    ['SETTINGS, acknowledged', frame(SETTINGS, ACK, 1), ...protocol],
    ['PING', frame(PING, 0, 1, zeros(8)), ...protocol],
    ['PING, answered', frame(PING, ACK, 3, zeros(8)), ...protocol],
    ['GOAWAY', frame(GOAWAY, 0, 1, zeros(8)), ...protocol]
  ])
})

for (const [kind, streamId] of [
  ['was never opened', 3],
  ['was never opened and has the highest id', 2 ** 31 - 1],
  ['only a server may open', 2]
] as const) {
  t.test(`a frame on a stream that ${kind} ends the connection`, async t => {
    attackEach(t, [
      ['DATA', data(zeros(5), 0, streamId), ...protocol],
      ['DATA of nothing', data(zeros(0), 0, streamId), ...protocol],
      ['HEADERS', headers(packedHeaders, END_HEADERS, streamId), ...protocol],
      ['trailers', lastHeaders(packedStatus(0), streamId), ...protocol],
      ['RST_STREAM', reset(8, streamId), ...protocol],
      ['WINDOW_UPDATE', windowUpdate(1, streamId), ...protocol],
      ['WINDOW_UPDATE by nothing', windowUpdate(0, streamId), ...protocol]
    ])
  })
}

t.test('what comes on a stream that is over is ignored', async t => {
  attackEach(t, [
    ['DATA', [goodAnswer(), message], 'ok', null],
    ['a second answer', [goodAnswer(), goodAnswer()], 'ok', null],
    ['trailers again', [goodAnswer(), trailers], 'ok', null],
    ['RST_STREAM', [goodAnswer(), reset(0), reset(8)], 'ok', null],
    ['WINDOW_UPDATE', [goodAnswer(), windowUpdate(1), windowUpdate(0)], 'ok', null],
    ['PRIORITY', [goodAnswer(), frame(PRIORITY, 0, 1, zeros(5))], 'ok', null],
    ['an answer behind RST_STREAM', [reset(2), goodAnswer()], 'INTERNAL', null],
    ['an answer behind our RST_STREAM', [message, goodAnswer()], 'INTERNAL', 'RST_STREAM PROTOCOL_ERROR']
  ])
})

t.test('a reset ends the call with the status of its code', async t => {
  attackEach(t, [
    ['NO_ERROR', reset(0), 'INTERNAL', null],
    ['PROTOCOL_ERROR', reset(1), 'INTERNAL', null],
    ['INTERNAL_ERROR', reset(2), 'INTERNAL', null],
    ['FLOW_CONTROL_ERROR', reset(3), 'INTERNAL', null],
    ['SETTINGS_TIMEOUT', reset(4), 'INTERNAL', null],
    ['STREAM_CLOSED', reset(5), 'INTERNAL', null],
    ['FRAME_SIZE_ERROR', reset(6), 'INTERNAL', null],
    ['REFUSED_STREAM', reset(7), 'UNAVAILABLE', null],
    ['CANCEL', reset(8), 'CANCELED', null],
    ['COMPRESSION_ERROR', reset(9), 'INTERNAL', null],
    ['CONNECT_ERROR', reset(10), 'INTERNAL', null],
    ['ENHANCE_YOUR_CALM', reset(11), 'RESOURCE_EXHAUSTED', null],
    ['INADEQUATE_SECURITY', reset(12), 'PERMISSION_DENIED', null],
    ['HTTP_1_1_REQUIRED', reset(13), 'INTERNAL', null],
    ['a code that is none', reset(14), 'INTERNAL', null],
    ['the highest code', reset(2 ** 32 - 1), 'INTERNAL', null],
    ['behind headers', [head, reset(8)], 'CANCELED', null],
    ['behind a message, without a status', [head, message, reset(0)], 'INTERNAL', null],
    ['a refusal behind a message', [head, message, reset(7)], 'UNAVAILABLE', null]
  ])
})

t.test('GOAWAY ends the calls behind its last stream, and the connection behind the others', async t => {
  const closed = 'GOAWAY NO_ERROR'
  attackEach(t, [
    ['before the call', goaway(0), 'UNAVAILABLE', closed],
    ['before the call, for an error', goaway(0, 1, 'why'), 'UNAVAILABLE', closed],
    ['with a code that is none', goaway(0, 0xffff_ffff), 'UNAVAILABLE', closed],
    ['with a reason that is no text', goaway(0, 0, '\u0000\uffff"\r\n'), 'UNAVAILABLE', closed],
    ['behind the call', [goaway(1), goodAnswer()], 'ok', closed],
    ['behind the call, for an error', [goaway(1, 2), goodAnswer()], 'ok', closed],
    ['at no stream', [goaway(2 ** 31 - 1), goodAnswer()], 'ok', closed],
    ['at a stream that only a server may open', [goaway(2), goodAnswer()], 'ok', closed],
    ['first at none, then behind the call', [goaway(2 ** 31 - 1), goaway(1), goodAnswer()], 'ok', closed],
    ['first at none, then before the call', [goaway(2 ** 31 - 1), goaway(0), goodAnswer()], 'UNAVAILABLE', closed],
    ['growing', [goaway(1), goaway(3), goaway(2 ** 31 - 1), goodAnswer()], 'ok', closed],
    ['again and again', [...new Array<Buffer>(50).fill(goaway(1)), goodAnswer()], 'ok', closed],
    ['before the call, with the highest bit, which is ignored', goaway(2 ** 31), 'UNAVAILABLE', closed]
  ])
})

t.test('frames of the connection go on behind GOAWAY', async t => {
  attackEach(t, [
    ['SETTINGS', [goaway(1), settings([4, 1]), goodAnswer()], 'ok', 'GOAWAY NO_ERROR'],
    ['an error', [goaway(1), windowUpdate(0, 0)], 'INTERNAL', 'GOAWAY PROTOCOL_ERROR']
  ])
})
