import t from 'tap'
import { Flag } from '../../../../lib/upstream/http2/frames.ts'
import { packedHeaders, packedStatus, rawFrame } from '../grpc/servers.ts'
import { status200 } from '../http2/frame-server.ts'
import { attackEach } from './attack.ts'
import { block, continuation, data, goodAnswer, head, headers, lastHeaders, message, trailers, zeros } from './bytes.ts'

const malformed = ['INTERNAL', 'RST_STREAM PROTOCOL_ERROR'] as const
const type: [string, string] = ['content-type', 'application/grpc']

/** The headers of an answer that would be good, with more behind. */
function withField(name: string, value: string): Buffer[] {
  return withFields([name, value])
}

function withFields(...fields: [name: string, value: string][]): Buffer[] {
  return [headers(Buffer.concat([packedHeaders, block(...fields)])), message, trailers]
}

function withStatus(...statuses: string[]): Buffer[] {
  return [headers(block(...statuses.map<[string, string]>(status => [':status', status]), type)), message, trailers]
}

t.test('an answer needs one :status, before all else', async t => {
  attackEach(t, [
    ['without one', withStatus(), ...malformed],
    ['without any headers', [headers(zeros(0)), message, trailers], ...malformed],
    ['two', withStatus('200', '200'), ...malformed],
    ['behind a header', [headers(block(type, [':status', '200'])), message, trailers], ...malformed],
    ['of nothing', withStatus(''), ...malformed],
    ['of two digits', withStatus('20'), ...malformed],
    ['of four digits', withStatus('2000'), ...malformed],
    ['below 100', [headers(block([':status', '099'])), goodAnswer()], ...malformed],
    ['that is no number', withStatus('abc'), ...malformed],
    ['with a space', withStatus('200 '), ...malformed],
    ['with its reason', withStatus('200 OK'), ...malformed],
    ['in upper case', [headers(block([':STATUS', '200'], type)), message, trailers], ...malformed]
  ])
})

t.test('headers that HTTP/2 does not allow end the stream', async t => {
  attackEach(t, [
    [':path, of requests', withField(':path', '/'), ...malformed],
    ['a pseudo header that is unknown', withField(':unknown', '1'), ...malformed],
    ['a name in upper case', withField('X-Upper', '1'), ...malformed],
    ['a name with one letter in upper case', withField('x-uppeR', '1'), ...malformed],
    ['a name of nothing', withField('', '1'), ...malformed],
    ['a name with a space', withField('x y', '1'), ...malformed],
    ['a name with a colon', withField('x:', '1'), ...malformed],
    ['a name with a line break', withField('x\r\n', '1'), ...malformed],
    ['a name with 0', withField('x\0', '1'), ...malformed],
    ['a name beyond ASCII', withField('x\xe4', '1'), ...malformed],
    ['a value with 0', withField('x', 'a\0'), ...malformed],
    ['a value with CR', withField('x', 'a\rb'), ...malformed],
    ['a value with LF', withField('x', 'a\nb'), ...malformed],
    ['connection', withField('connection', 'close'), ...malformed],
    ['keep-alive', withField('keep-alive', '1'), ...malformed],
    ['proxy-connection', withField('proxy-connection', 'close'), ...malformed],
    ['transfer-encoding', withField('transfer-encoding', 'chunked'), ...malformed],
    ['upgrade', withField('upgrade', 'h2c'), ...malformed]
  ])
})

t.test('headers that are odd, and allowed', async t => {
  attackEach(t, [
    ['a value of nothing', withField('x', ''), 'ok', null],
    ['a value beyond ASCII', withField('x', '\xe4'), 'ok', null],
    // Not what HTTP/2 allows; but a grpc-message may end so.
    ['a value with spaces around it', withField('x', ' a '), 'ok', null],
    [
      'many',
      [headers(Buffer.concat([packedHeaders, ...new Array<Buffer>(1_000).fill(block(['x', '1']))])), message, trailers],
      'ok',
      null
    ]
  ])
})

t.test('headers above 65,536 bytes, each field with 32 more, end the stream alone', async t => {
  const part = block(['x', 'v'.repeat(16_000)])
  // A field of 4,000 bytes that enters the table, and its index again and again: little to send, and much to keep.
  const indexed = Buffer.concat([
    Buffer.from([0x40]),
    block(['x', 'v'.repeat(4_000)]).subarray(1),
    Buffer.alloc(1_000, 0xbe)
  ])
  const last = continuation(packedStatus(0), Flag.END_HEADERS)
  attackEach(t, [
    [
      '64,000 bytes in trailers',
      [head, message, headers(part, Flag.END_STREAM), ...new Array<Buffer>(3).fill(continuation(part)), last],
      'ok',
      null
    ],
    ['one field by its index, a thousand times', headers(indexed), ...malformed],
    ['the same in trailers', [head, message, lastHeaders(indexed)], ...malformed],
    ['many small ones', headers(Buffer.concat([packedHeaders, Buffer.alloc(2_000, 0x88)])), ...malformed]
  ])
})

t.test('1xx comes before an answer, and not for ever', async t => {
  const early = headers(block([':status', '103'], ['link', '</a>']))
  attackEach(t, [
    ['32 times', [...new Array<Buffer>(32).fill(early), goodAnswer()], 'ok', null],
    ['33 times', [...new Array<Buffer>(33).fill(early), goodAnswer()], ...malformed],
    ['as the end of the stream', lastHeaders(block([':status', '100'])), ...malformed],
    ['101, which HTTP/2 has not', [headers(block([':status', '101'])), goodAnswer()], ...malformed],
    ['199, which nobody knows', [headers(block([':status', '199'])), goodAnswer()], 'ok', null],
    ['behind the headers', [head, early, message, trailers], ...malformed],
    ['with DATA behind it', [early, message, goodAnswer()], ...malformed],
    [
      'with a header that HTTP/2 does not allow',
      [headers(block([':status', '103'], ['Link', '1'])), goodAnswer()],
      ...malformed
    ]
  ])
})

t.test('what an answer is made of comes in order', async t => {
  attackEach(t, [
    ['DATA before headers', [message, goodAnswer()], ...malformed],
    ['DATA of nothing before headers', [data(zeros(0)), goodAnswer()], ...malformed],
    ['the end before headers', data(zeros(0), Flag.END_STREAM), ...malformed],
    ['headers twice', [head, head, message, trailers], ...malformed],
    ['trailers that are not the end', [head, message, headers(packedStatus(0))], ...malformed],
    ['trailers with :status', [head, message, lastHeaders(Buffer.concat([status200, packedStatus(0)]))], ...malformed],
    ['trailers with a name in upper case', [head, message, lastHeaders(block(['Grpc-Status', '0']))], ...malformed],
    [
      'trailers with connection',
      [head, message, lastHeaders(block(['grpc-status', '0'], ['connection', 'x']))],
      ...malformed
    ]
  ])
})

t.test('a content-length must hold', async t => {
  attackEach(t, [
    ['as it is', withField('content-length', '10'), 'ok', null],
    ['too short', withField('content-length', '9'), ...malformed],
    ['too long', withField('content-length', '11'), ...malformed],
    ['none', withField('content-length', 'x'), ...malformed],
    ['below zero', withField('content-length', '-1'), ...malformed],
    ['above all that a number can be', withField('content-length', '9'.repeat(16)), ...malformed],
    ['two in one', withField('content-length', '10, 11'), ...malformed],
    ['twice', withFields(['content-length', '10'], ['content-length', '10']), 'ok', null],
    ['twice, with two values', withFields(['content-length', '11'], ['content-length', '10']), ...malformed],
    [
      'too long, and no trailers',
      [withField('content-length', '11')[0]!, data(rawFrame(Buffer.from('hello')), Flag.END_STREAM)],
      ...malformed
    ],
    [
      'of an answer that has no body',
      lastHeaders(Buffer.concat([packedHeaders, packedStatus(0), block(['content-length', '1'])])),
      ...malformed
    ]
  ])
})
