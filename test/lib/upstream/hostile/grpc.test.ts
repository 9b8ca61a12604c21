import { gzipSync } from 'node:zlib'
import t from 'tap'
import { Flag } from '../../../../lib/upstream/http2/frames.ts'
import { packedHeaders, packedStatus, rawFrame } from '../grpc/servers.ts'
import { attackEach, type Case } from './attack.ts'
import { block, data, head, headers, lastHeaders, message, reset, trailers, zeros } from './bytes.ts'

const text = Buffer.from('hello')
const withGzip = headers(Buffer.concat([packedHeaders, block(['grpc-encoding', 'gzip'])]))

const bomb = gzipSync(zeros(10_000_000))

/** A message that says that it is compressed. */
function packed(bytes: Uint8Array): Buffer {
  return data(rawFrame(bytes, { flag: 1 }))
}

/** A good answer, but for its trailers. */
function withTrailers(...fields: [string, string][]): Buffer[] {
  return [head, message, lastHeaders(block(...fields))]
}

/** Headers that are the whole answer. */
function alone(...fields: [string, string][]): Buffer {
  return lastHeaders(Buffer.concat([packedHeaders, block(...fields)]))
}

function withBody(...parts: Uint8Array[]): Buffer[] {
  return [head, ...parts.map(part => data(part)), trailers]
}

t.test('a status that is none', async t => {
  attackEach(t, [
    ['of nothing', withTrailers(['grpc-status', '']), 'UNKNOWN', null],
    ['that is no number', withTrailers(['grpc-status', 'OK']), 'UNKNOWN', null],
    ['that nobody knows', withTrailers(['grpc-status', '17']), 'UNKNOWN', null],
    ['below zero', withTrailers(['grpc-status', '-1']), 'UNKNOWN', null],
    ['with a zero before it', withTrailers(['grpc-status', '00']), 'UNKNOWN', null],
    ['with a space', withTrailers(['grpc-status', '0 ']), 'UNKNOWN', null],
    ['of a thousand digits', withTrailers(['grpc-status', '1'.repeat(1_000)]), 'UNKNOWN', null],
    ['twice', withTrailers(['grpc-status', '0'], ['grpc-status', '0']), 'UNKNOWN', null],
    ['missing in trailers', withTrailers(['x', '1']), 'INTERNAL', null],
    ['missing, as there are no trailers', [head, message, data(zeros(0), Flag.END_STREAM)], 'INTERNAL', null],
    ['missing, as the message is the end', [head, data(rawFrame(text), Flag.END_STREAM)], 'INTERNAL', null],
    [
      'in the headers, where it is none',
      [headers(Buffer.concat([packedHeaders, packedStatus(0)])), message, lastHeaders(zeros(0))],
      'INTERNAL',
      null
    ]
  ])
})

t.test('a status counts where the answer ends', async t => {
  const withStatus = headers(Buffer.concat([packedHeaders, packedStatus(5)]))
  attackEach(t, [['that of an error, in headers behind which more comes', [withStatus, message, trailers], 'ok', null]])
})

t.test('what comes with a status never hides it', async t => {
  const notFound: [string, string] = ['grpc-status', '5']
  attackEach(t, [
    ['a message that is not percent-encoded', withTrailers(notFound, ['grpc-message', '%zz%']), 'NOT_FOUND', null],
    ['a message that is no UTF-8', withTrailers(notFound, ['grpc-message', '%ff%fe']), 'NOT_FOUND', null],
    ['a message of 15,000 bytes in headers', alone(notFound, ['grpc-message', '%41'.repeat(5_000)]), 'NOT_FOUND', null],
    ['details that are no base64', withTrailers(notFound, ['grpc-status-details-bin', '!!!']), 'NOT_FOUND', null],
    ['details that are no message', withTrailers(notFound, ['grpc-status-details-bin', '/////w']), 'NOT_FOUND', null],
    ['details of another status', withTrailers(notFound, ['grpc-status-details-bin', 'CAE']), 'NOT_FOUND', null],
    ['a message of the answer', [head, message, lastHeaders(packedStatus(5))], 'NOT_FOUND', null],
    ['half a message of the answer', [head, data(zeros(3)), lastHeaders(packedStatus(5))], 'NOT_FOUND', null]
  ])
})

t.test('headers that are the whole answer', async t => {
  attackEach(t, [
    ['with the status of an error', alone(['grpc-status', '14']), 'UNAVAILABLE', null],
    ['with the status of a success, and no message', alone(['grpc-status', '0']), 'UNIMPLEMENTED', null],
    ['without a status', alone(), 'INTERNAL', null],
    ['with a status that is none', alone(['grpc-status', 'x']), 'UNKNOWN', null],
    [
      'with a status, and an HTTP status that says something else',
      lastHeaders(block([':status', '500'], ['grpc-status', '5'])),
      'NOT_FOUND',
      null
    ]
  ])
})

t.test('an answer that is no gRPC has the status of its HTTP status', async t => {
  const statuses: [http: string, call: string][] = [
    ['204', 'UNKNOWN'],
    ['301', 'UNKNOWN'],
    ['400', 'INTERNAL'],
    ['401', 'UNAUTHENTICATED'],
    ['403', 'PERMISSION_DENIED'],
    ['404', 'UNIMPLEMENTED'],
    ['418', 'UNKNOWN'],
    ['429', 'UNAVAILABLE'],
    ['500', 'UNKNOWN'],
    ['502', 'UNAVAILABLE'],
    ['503', 'UNAVAILABLE'],
    ['504', 'UNAVAILABLE'],
    ['999', 'UNKNOWN']
  ]
  const whole = statuses.map<Case>(([http, call]) => [
    `${http}, without a body`,
    lastHeaders(block([':status', http])),
    call,
    null
  ])
  const begun = statuses.map<Case>(([http, call]) => [
    `${http}, with a page`,
    [
      headers(block([':status', http], ['content-type', 'text/html'])),
      data(Buffer.from('<h1>no</h1>'), Flag.END_STREAM)
    ],
    call,
    'RST_STREAM CANCEL'
  ])
  attackEach(t, [...whole, ...begun])
})

t.test('an answer has the content type of gRPC with protobuf', async t => {
  const ofType = (...types: string[]) => [
    headers(block([':status', '200'], ...types.map<[string, string]>(type => ['content-type', type]))),
    message,
    trailers
  ]
  const other = ['UNKNOWN', 'RST_STREAM CANCEL'] as const
  attackEach(t, [
    ['none', ofType(), ...other],
    ['empty', ofType(''), ...other],
    ['a page', ofType('text/html'), ...other],
    ['JSON', ofType('application/json'), ...other],
    ['gRPC-Web', ofType('application/grpc-web'), ...other],
    ['gRPC with JSON', ofType('application/grpc+json'), ...other],
    ['something longer', ofType('application/grpcx'), ...other],
    ['two', ofType('application/grpc', 'text/html'), ...other],
    ['with a parameter', ofType('application/grpc; charset=utf-8'), 'ok', null],
    ['in upper case', ofType('APPLICATION/GRPC+PROTO'), 'ok', null]
  ])
})

t.test('a message that cannot be', async t => {
  const cancel = 'RST_STREAM CANCEL'
  attackEach(t, [
    ['above the limit', withBody(rawFrame(zeros(0), { length: 65_537 })), 'RESOURCE_EXHAUSTED', cancel],
    ['of the highest length', withBody(rawFrame(zeros(0), { length: 2 ** 32 - 1 })), 'RESOURCE_EXHAUSTED', cancel],
    ['with a flag that is none', withBody(rawFrame(text, { flag: 2 })), 'INTERNAL', cancel],
    ['with the flag of gRPC-Web', withBody(rawFrame(text, { flag: 0x80 })), 'INTERNAL', cancel],
    ['cut off', withBody(rawFrame(text, { length: 6 })), 'INTERNAL', null],
    ['cut off in its prefix', withBody(zeros(4)), 'INTERNAL', null],
    ['none', withBody(), 'UNIMPLEMENTED', null],
    ['two', withBody(rawFrame(text), rawFrame(text)), 'UNIMPLEMENTED', cancel],
    ['one, and a byte', withBody(rawFrame(text), zeros(1)), 'INTERNAL', null],
    ['a text in place of it', withBody(Buffer.from('Internal Server Error')), 'INTERNAL', cancel],
    ['a byte in each frame', withBody(...[...rawFrame(text)].map(octet => Buffer.from([octet]))), 'ok', null],
    ['empty', withBody(rawFrame(zeros(0))), 'ok', null]
  ])
})

t.test('a stream that is read ends with what cannot be', async t => {
  const cancel = 'RST_STREAM CANCEL'
  attackEach(
    t,
    [
      [
        'a message above the limit',
        [head, message, data(rawFrame(zeros(0), { length: 65_537 }))],
        'RESOURCE_EXHAUSTED',
        cancel
      ],
      ['10 MB in 10 KB', [withGzip, message, packed(bomb)], 'RESOURCE_EXHAUSTED', cancel],
      [
        '10 MB in 10 KB, twenty times',
        [withGzip, ...new Array<Buffer>(20).fill(packed(bomb))],
        'RESOURCE_EXHAUSTED',
        cancel
      ],
      ['what is no gzip', [withGzip, message, packed(text)], 'INTERNAL', cancel],
      ['what is no gzip, and the status of a success', [withGzip, message, packed(text), trailers], 'INTERNAL', null],
      ['a flag that is none', [head, message, data(rawFrame(text, { flag: 3 }))], 'INTERNAL', cancel],
      ['half a message', [head, message, data(zeros(3)), trailers], 'INTERNAL', null],
      ['no trailers', [head, message, data(zeros(0), Flag.END_STREAM)], 'INTERNAL', null],
      ['the status of an error', [head, message, lastHeaders(packedStatus(9))], 'FAILED_PRECONDITION', null],
      ['a reset', [head, message, reset(8)], 'CANCELED', null],
      ['no message, and the status of a success', [head, trailers], 'ok', null],
      ['headers that are the whole answer', alone(['grpc-status', '0']), 'ok', null],
      ['messages, and the status of a success', [head, message, message, message, trailers], 'ok', null]
    ],
    { stream: 'read' }
  )
})

t.test('a compressed message that cannot be', async t => {
  attackEach(t, [
    ['that says not how', [head, packed(gzipSync(text)), trailers], 'INTERNAL', null],
    [
      'in what was not offered',
      [headers(Buffer.concat([packedHeaders, block(['grpc-encoding', 'br'])])), packed(text), trailers],
      'INTERNAL',
      null
    ],
    [
      'identity',
      [headers(Buffer.concat([packedHeaders, block(['grpc-encoding', 'identity'])])), packed(text), trailers],
      'INTERNAL',
      null
    ],
    ['that is no gzip', [withGzip, packed(text), trailers], 'INTERNAL', null],
    ['of nothing', [withGzip, packed(zeros(0)), trailers], 'INTERNAL', null],
    ['cut off', [withGzip, packed(gzipSync(text).subarray(0, -4)), trailers], 'INTERNAL', null],
    [
      'with a wrong sum',
      [withGzip, packed(Buffer.concat([gzipSync(text).subarray(0, -8), zeros(8)])), trailers],
      'INTERNAL',
      null
    ],
    ['of 10 MB in 10 KB', [withGzip, packed(bomb), trailers], 'RESOURCE_EXHAUSTED', null],
    ['as it should be', [withGzip, packed(gzipSync(text)), trailers], 'ok', null]
  ])
})
