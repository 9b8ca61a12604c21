// Requests on which two parsers could disagree about where they end. Whatever comes of them, a request that hides in one is
// never served.
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { build, until } from '../../helper.ts'
import { exchange, requestBytes } from '../../raw-client.ts'

const { url, upstream } = await build(t, { RATE_LIMIT_BURST: '1000' }, { user: { login: () => ({ token: 'abc' }) } })
const post = 'POST /api/v1/users/login HTTP/1.1'
const get = 'GET /api/v1/categories HTTP/1.1'
const json = 'Content-Type: application/json'
const login = '{"email":"ada@example.com","password":"correct horse"}'
const chunkedLogin = `${login.length.toString(16)}\r\n${login}\r\n0\r\n\r\n`
const smuggled = 'GET /api/v1/products HTTP/1.1\r\nHost: gateway.test\r\n\r\n'

/** Bytes of a request that is wrong, and the status of the one answer. */
const refused: Record<string, [bytes: string, status: number]> = {
  'Content-Length and Transfer-Encoding': [
    requestBytes([post, json, 'Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n${smuggled}`),
    400
  ],
  'Transfer-Encoding twice': [
    requestBytes([post, json, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], chunkedLogin),
    400
  ],
  'chunked, identity': [requestBytes([post, json, 'Transfer-Encoding: chunked, identity'], chunkedLogin), 400],
  identity: [requestBytes([post, json, 'Transfer-Encoding: identity'], smuggled), 501],
  'a space before the colon of Transfer-Encoding': [
    requestBytes([post, json, 'Transfer-Encoding : chunked'], chunkedLogin),
    400
  ],
  xchunked: [requestBytes([post, json, 'Transfer-Encoding: xchunked'], smuggled), 501],
  ',chunked': [requestBytes([post, json, 'Transfer-Encoding: ,chunked'], chunkedLogin + smuggled), 400],
  'chunked behind an empty element': [
    requestBytes([post, json, 'Transfer-Encoding: gzip, , chunked'], chunkedLogin + smuggled),
    400
  ],
  'gzip, chunked': [requestBytes([post, json, 'Transfer-Encoding: gzip, chunked'], chunkedLogin + smuggled), 501],
  'chunked, chunked': [requestBytes([post, json, 'Transfer-Encoding: chunked, chunked'], chunkedLogin), 400],
  'chunked and a comma': [requestBytes([post, json, 'Transfer-Encoding: chunked,'], chunkedLogin), 400],
  'chunked with a parameter': [
    requestBytes([post, json, 'Transfer-Encoding: chunked;a=b'], chunkedLogin + smuggled),
    501
  ],
  'an unknown coding of a GET': [requestBytes([get, 'Transfer-Encoding: xchunked'], smuggled), 501],
  'gzip alone': [requestBytes([post, json, 'Transfer-Encoding: gzip'], smuggled), 501],
  'an empty Transfer-Encoding': [requestBytes([post, json, 'Transfer-Encoding: '], smuggled), 400],
  'chunked with a vertical tab': [requestBytes([post, json, 'Transfer-Encoding: \x0bchunked'], chunkedLogin), 400],
  'Transfer-Encoding of HTTP/1.0': [
    requestBytes(['POST /api/v1/users/login HTTP/1.0', json, 'Transfer-Encoding: chunked'], chunkedLogin + smuggled),
    400
  ],
  'two lengths that differ': [requestBytes([post, json, 'Content-Length: 1', 'Content-Length: 2'], '{}'), 400],
  'two lengths that are the same': [requestBytes([post, json, 'Content-Length: 2', 'Content-Length: 2'], '{}'), 400],
  'a list of lengths': [requestBytes([post, json, 'Content-Length: 2, 2'], '{}'), 400],
  'a length with a sign': [requestBytes([post, json, 'Content-Length: +2'], '{}'), 400],
  'a hexadecimal length': [requestBytes([post, json, 'Content-Length: 0x2'], '{}'), 400],
  'an empty length': [requestBytes([post, json, 'Content-Length: '], '{}'), 400],
  'a length of 2^64': [requestBytes([post, json, 'Content-Length: 18446744073709551616'], '{}'), 400],
  'a length with a space in it': [requestBytes([post, json, 'Content-Length: 5 4'], login), 400],
  'a length of another script': [requestBytes([post, json, 'Content-Length: \xb2'], '{}'), 400],
  'a length and an unknown Transfer-Encoding': [
    requestBytes([post, json, `Content-Length: ${login.length}`, 'Transfer-Encoding: xchunked'], login),
    400
  ],
  'a length of nothing and Transfer-Encoding': [
    requestBytes([post, json, 'Transfer-Encoding: chunked', 'Content-Length: 0'], chunkedLogin),
    400
  ],
  'a negative length': [requestBytes([post, json, 'Content-Length: -1'], '{}'), 400],
  'lines that end with a bare LF': [`${get}\nHost: gateway.test\n\n`, 400],
  'a bare LF before a header': [requestBytes([get, 'A: b\nC: d'], ''), 400],
  'a bare CR in a value': [requestBytes([get, 'A: b\rC: d']), 400],
  'a NUL in a value': [requestBytes([get, 'A: b\0c']), 400],
  'a folded line': [requestBytes([get, 'A: b', ' c']), 400],
  'lines that end with a bare CR': [`${get}\rHost: gateway.test\r\r`, 400],
  'a name of a DEL': [requestBytes([get, 'A\x7f: b']), 400],
  'a header without a name': [requestBytes([get, ': b']), 400],
  'a header without a colon': [requestBytes([get, 'b']), 400],
  'a space before a colon': [requestBytes([get, 'A : b']), 400],
  'a name that is no ASCII': [requestBytes([get, 'A\xff: b']), 400],
  'a space before the first header': [`${get}\r\n Host: gateway.test\r\n\r\n`, 400],
  'a chunk size that overflows': [
    requestBytes([post, json, 'Transfer-Encoding: chunked'], `fffffffffffffffff\r\n${login}\r\n0\r\n\r\n`),
    400
  ],
  'a chunk size with 0x': [
    requestBytes([post, json, 'Transfer-Encoding: chunked'], `0x36\r\n${login}\r\n0\r\n\r\n`),
    400
  ],
  'chunks with bare LF': [requestBytes([post, json, 'Transfer-Encoding: chunked'], `36\n${login}\n0\n\n`), 400],
  'a chunk extension behind a CR': [
    requestBytes([post, json, 'Transfer-Encoding: chunked'], `36\r;ext\r\n${login}\r\n0\r\n\r\n`),
    400
  ],
  'a chunk that is longer than its size': [
    requestBytes([post, json, 'Transfer-Encoding: chunked'], `1\r\n${login}\r\n0\r\n\r\n`),
    400
  ],
  'a chunk extension of 20 KB': [
    requestBytes([post, json, 'Transfer-Encoding: chunked'], `36;${'x'.repeat(20_000)}\r\n${login}\r\n0\r\n\r\n`),
    400
  ],
  'a chunk size with a sign': [
    requestBytes([post, json, 'Transfer-Encoding: chunked'], `+36\r\n${login}\r\n0\r\n\r\n`),
    400
  ],
  'a space behind a chunk size': [
    requestBytes([post, json, 'Transfer-Encoding: chunked'], `36 \r\n${login}\r\n0\r\n\r\n`),
    400
  ],
  'a bare LF in a chunk extension': [
    requestBytes([post, json, 'Transfer-Encoding: chunked'], `36;a\nb\r\n${login}\r\n0\r\n\r\n`),
    400
  ],
  'a bare LF behind a chunk': [
    requestBytes([post, json, 'Transfer-Encoding: chunked'], `36\r\n${login}\n0\r\n\r\n`),
    400
  ],
  'Transfer-Encoding in a trailer': [
    requestBytes(
      [post, json, 'Transfer-Encoding: chunked'],
      chunkedLogin.replace(/\r\n$/, 'Transfer-Encoding: chunked\r\n\r\n')
    ),
    400
  ],
  'a trailer of 20 KB': [
    requestBytes(
      [post, json, 'Transfer-Encoding: chunked'],
      chunkedLogin.replace(/\r\n$/, `A: ${'x'.repeat(20_000)}\r\n\r\n`)
    ),
    431
  ],
  'Content-Length in a trailer': [
    requestBytes(
      [post, json, 'Transfer-Encoding: chunked'],
      chunkedLogin.replace(/\r\n$/, 'Content-Length: 3\r\n\r\n')
    ),
    400
  ],
  'HTTP/0.9': ['GET /\r\n\r\n', 400],
  'HTTP/2.0 as text': [requestBytes(['GET /api/v1/categories HTTP/2.0']), 505],
  'HTTP/1.9': [requestBytes(['GET /api/v1/categories HTTP/1.9']), 505],
  'HTTP/3.0': [requestBytes(['GET /api/v1/categories HTTP/3.0']), 505],
  'a version in lower case': [requestBytes(['GET /api/v1/categories http/1.1']), 400],
  'a method in lower case': [requestBytes(['get /api/v1/categories HTTP/1.1']), 400],
  'a space in the target': [requestBytes(['GET /api/v1/categories /x HTTP/1.1']), 400],
  'the address line of a proxy': [`PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n${requestBytes([get])}`, 400],
  'the preface of HTTP/2': ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
  'another protocol': [requestBytes(['GET /api/v1/categories ICY/1.1']), 400],
  'an unknown method': [requestBytes(['FETCH /api/v1/categories HTTP/1.1']), 400],
  'a TLS handshake': ['\x16\x03\x01\x02\x00\x01', 400],
  'an expectation that cannot be met': [
    requestBytes([post, json, 'Expect: 200-ok', `Content-Length: ${login.length}`], login),
    417
  ]
}

for (const [what, [bytes, status]] of Object.entries(refused)) {
  t.test(`${what}: ${status} in the one shape, and the connection ends`, async t => {
    const before = upstream.calls.length
    const answers = await exchange(url, bytes)
    t.same(
      answers.map(answer => answer.status),
      [status]
    )
    t.equal(answers[0]?.headers.connection, 'close')
    t.same(Object.keys(answers[0]?.body), ['error', 'code', 'reason', 'details', 'request_id', 'trace_id'])
    t.equal(upstream.calls.length, before, 'no service was asked')
  })
}

t.test('what is well framed is served', async t => {
  const close = 'Connection: close'
  const served = {
    chunked: requestBytes([post, json, close, 'Transfer-Encoding: chunked'], chunkedLogin),
    'chunked in another case': requestBytes([post, json, close, 'Transfer-Encoding: Chunked'], chunkedLogin),
    'a length': requestBytes([post, json, close, `Content-Length: ${login.length}`], login),
    'HTTP/1.0': requestBytes(['POST /api/v1/users/login HTTP/1.0', json, `Content-Length: ${login.length}`], login),
    'an empty line before it': `\r\n${requestBytes([post, json, close, `Content-Length: ${login.length}`], login)}`,
    'a small chunk extension': requestBytes(
      [post, json, close, 'Transfer-Encoding: chunked'],
      `36;a=b\r\n${login}\r\n0\r\n\r\n`
    )
  }
  for (const [what, bytes] of Object.entries(served)) {
    const [answer] = await exchange(url, bytes)
    t.equal(answer?.status, 200, what)
    t.equal(answer?.body.token, 'abc', what)
  }
})

t.test('an expectation that can be met is told so, before the body', async t => {
  const lines = [post, json, 'Connection: close', 'Expect: 100-continue', `Content-Length: ${login.length}`]
  const answers = await exchange(url, requestBytes(lines, login))
  t.same(
    answers.map(({ status }) => status),
    [100, 200]
  )
})

t.test('trailers are no headers', async t => {
  const before = upstream.calls.length
  const trailers = 'Authorization: Bearer x\r\nHost: evil.test\r\nX-Request-Id: from-a-trailer\r\n\r\n'
  const body = chunkedLogin.replace(/\r\n$/, trailers)
  const [answer] = await exchange(
    url,
    requestBytes([post, json, 'Connection: close', 'Transfer-Encoding: chunked'], body)
  )
  t.equal(answer?.status, 200)
  t.not(answer?.headers['x-request-id'], 'from-a-trailer')
  t.equal(upstream.calls[before]?.header.get('authorization'), null)
})

t.test('a GET with a body that looks like a request: the body belongs to it', async t => {
  const before = upstream.calls.length
  const answers = await exchange(
    url,
    requestBytes([get, `Content-Length: ${smuggled.length}`, 'Connection: close'], smuggled)
  )
  t.same(
    answers.map(({ status }) => status),
    [400]
  )
  t.equal(upstream.calls.length, before)
})

t.test('what comes behind a refused request is not served', async t => {
  const before = upstream.calls.length
  const bad = requestBytes([get, 'Host: other.test'])
  const answers = await exchange(url, bad + requestBytes([get]) + requestBytes([get]))
  t.same(
    answers.map(({ status }) => status),
    [400]
  )
  t.equal(upstream.calls.length, before)
})

t.test('a body that nobody reads is no request', async t => {
  const before = upstream.calls.length
  const length = `Content-Length: ${smuggled.length}`
  const answered: Record<string, number> = {
    'GET /health': 200,
    'HEAD /api/v1/categories': 400,
    'DELETE /api/v1/categories': 405,
    'OPTIONS *': 204,
    'POST /nowhere': 404,
    'POST /api/v1/orders': 401
  }
  for (const [line, status] of Object.entries(answered)) {
    const answers = await exchange(url, requestBytes([`${line} HTTP/1.1`, length, 'Connection: close'], smuggled))
    t.same(
      answers.map(answer => answer.status),
      [status],
      line
    )
  }
  t.equal(upstream.calls.length, before)
})

t.test('a request that asks for another protocol is answered, and nothing behind it is served', async t => {
  const before = upstream.calls.length
  for (const protocol of ['websocket', 'h2c', 'TLS/1.0']) {
    const upgrade = ['Connection: Upgrade, HTTP2-Settings', `Upgrade: ${protocol}`, 'HTTP2-Settings: AAMAAABk']
    const answers = await exchange(url, requestBytes([get, ...upgrade]) + requestBytes([get]))
    t.same(
      answers.map(({ status, headers }) => [status, headers.connection]),
      [[200, 'close']],
      protocol
    )
  }
  t.equal(upstream.calls.length, before + 3)
})

t.test('what comes later, behind a request that asks for another protocol, is not served either', async t => {
  const { promise: gate, resolve: open } = Promise.withResolvers<object>()
  const built = await build(t, {}, { product: { listCategories: () => gate } })
  let requests = 0
  built.gateway.server.on('request', () => {
    requests += 1
  })
  const socket = connect(Number(new URL(built.url).port), '127.0.0.1')
  socket.write(requestBytes([get, 'Connection: Upgrade', 'Upgrade: websocket']))
  await until(() => built.upstream.calls.length === 1)
  socket.write(requestBytes([get]))
  await until(() => requests === 2)
  open({})
  t.equal((await text(socket)).match(/HTTP\/1\.1 200/g)?.length, 1)
  t.equal(built.upstream.calls.length, 1)
})
