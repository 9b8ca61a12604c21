import t from 'tap'
import { Flag } from '../../../../lib/upstream/http2/frames.ts'
import { packedHeaders } from '../grpc/servers.ts'
import { attackEach, type Case } from './attack.ts'
import {
  block,
  continuation,
  data,
  goodAnswer,
  head,
  headers,
  integer,
  lastHeaders,
  message,
  trailers,
  zeros
} from './bytes.ts'

const broken = ['INTERNAL', 'GOAWAY COMPRESSION_ERROR'] as const

/** Headers whose block is `payload` behind good ones. */
function behind(...payload: Uint8Array[]): Buffer {
  return headers(Buffer.concat([packedHeaders, ...payload]))
}

const octets = (...values: number[]) => Buffer.from(values)

t.test('an index that there is not ends the connection', async t => {
  attackEach(t, [
    ['0', behind(octets(0x80)), ...broken],
    ['the first that the table could have', behind(octets(0xbe)), ...broken],
    ['far beyond', behind(integer(100_000, 7, 0x80)), ...broken],
    ['of a name', behind(octets(0x7e, 1, 0x61)), ...broken],
    ['of a name, in a field that enters no table', behind(integer(62, 4), octets(1, 0x61)), ...broken],
    [
      'of a field that was too large for the table',
      behind(octets(0x40), block(['x', 'v'.repeat(4_100)]).subarray(1), octets(0xbe)),
      ...broken
    ],
    [
      'of a field that had to go',
      behind(octets(0x40, 1, 0x61, 1, 0x62), octets(0x40), block(['x', 'v'.repeat(4_060)]).subarray(1), octets(0xbf)),
      ...broken
    ]
  ])
})

t.test('an integer that is too large, or not complete, ends the connection', async t => {
  attackEach(t, [
    ['an index of nine octets', behind(octets(0xff), Buffer.alloc(8, 0xff), octets(0)), ...broken],
    ['zeros without end', behind(octets(0xff), Buffer.alloc(100, 0x80), octets(0)), ...broken],
    ['15, and zeros without end', behind(octets(0x0f), Buffer.alloc(100, 0x80), octets(0, 1, 0x61)), ...broken],
    ['an index that breaks off', behind(octets(0xff, 0x80)), ...broken],
    ['an index that does not begin to go on', behind(octets(0xff)), ...broken],
    ['a size of the table that does not begin to go on', headers(octets(0x3f)), ...broken],
    ['a length above 2^32', behind(octets(0, 0x7f, 0xff, 0xff, 0xff, 0xff, 0x7f)), ...broken]
  ])
})

t.test('a string that is not there ends the connection', async t => {
  attackEach(t, [
    ['the name', behind(octets(0)), ...broken],
    ['the value', behind(octets(0, 1, 0x61)), ...broken],
    ['part of the name', behind(octets(0, 5, 0x61)), ...broken],
    ['part of the value', behind(octets(0, 1, 0x61, 2, 0x62)), ...broken],
    ['a value of 16 MiB', behind(octets(0, 1, 0x61), integer(2 ** 24, 7)), ...broken]
  ])
})

t.test("what is not in Huffman's code ends the connection", async t => {
  const coded = (...code: number[]) => behind(octets(0, 1, 0x61, 0x80 | code.length, ...code))
  attackEach(t, [
    ['the end of string within it', coded(0xff, 0xff, 0xff, 0xff), ...broken],
    ['padding of a whole octet', coded(0xf8, 0xff), ...broken],
    ['padding of more', coded(0x1f, 0xff), ...broken],
    ['padding that is not of ones', coded(0x18), ...broken],
    ['a symbol that breaks off', coded(0xff, 0xfe), ...broken],
    ['"a", and padding as it should be', [coded(0x1f), message, trailers], 'ok', null]
  ])
})

t.test('the table is as large as we allow, and changes at the beginning of a block', async t => {
  const full = integer(4_096, 5, 0x20)
  const sized = (...sizes: Uint8Array[]) => headers(Buffer.concat([...sizes, packedHeaders]))
  attackEach(t, [
    ['above 4,096 bytes', sized(integer(4_097, 5, 0x20)), ...broken],
    ['far above', sized(integer(2 ** 27, 5, 0x20)), ...broken],
    ['above, and back', sized(integer(4_097, 5, 0x20), full), ...broken],
    ['in the middle of a block', behind(octets(0x20), block(['a', 'b'])), ...broken],
    ['at the end of a block', behind(octets(0x20)), ...broken],
    ['to nothing', [sized(octets(0x20)), message, trailers], 'ok', null],
    ['to nothing and back', [sized(octets(0x20), full), message, trailers], 'ok', null],
    ['again and again', [sized(...new Array<Buffer>(1_000).fill(octets(0x20)), full), message, trailers], 'ok', null]
  ])
})

t.test('a block that breaks off in the middle of a field', async t => {
  const cut = Buffer.concat([packedHeaders, octets(0, 5, 0x61)])
  attackEach(t, [
    ['at the end of its frames', [headers(cut, 0), continuation(zeros(0), Flag.END_HEADERS)], ...broken],
    [
      'at the end of a frame only',
      [headers(cut, 0), continuation(Buffer.from('bcde\u0001f'), Flag.END_HEADERS), message, trailers],
      'ok',
      null
    ]
  ])
})

t.test('what a stream that is over adds to the table counts for the next', async t => {
  const added = octets(0x40, 1, 0x61, 1, 0x62)
  const cases: Case[] = [
    ['of trailers', [goodAnswer(), lastHeaders(added), headers(octets(0xbe))], 'ok', null],
    [
      'of headers that are malformed',
      [headers(added), headers(octets(0xbe)), goodAnswer()],
      'INTERNAL',
      'RST_STREAM PROTOCOL_ERROR'
    ],
    [
      'of headers that are too large',
      [headers(Buffer.concat([added, Buffer.alloc(3_000, 0x88)])), headers(octets(0xbe))],
      'INTERNAL',
      'RST_STREAM PROTOCOL_ERROR'
    ]
  ]
  attackEach(t, cases)
})

t.test('bytes at random are no header block', async t => {
  attackEach(t, [
    ['all ones', headers(Buffer.alloc(500, 0xff)), ...broken],
    ['a text', [head, data(zeros(0)), lastHeaders(Buffer.from('grpc-status: 0\r\n'))], ...broken]
  ])
})
