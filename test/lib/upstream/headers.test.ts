import t from 'tap'
import { addHeaders, grpcTimeout, requestHeaders } from '../../../lib/upstream/headers.ts'

t.test('a call says what gRPC asks for', async t => {
  const { 'user-agent': userAgent, ...headers } = requestHeaders('/a.B/C', 250, new Headers())
  t.same(headers, {
    ':method': 'POST',
    ':path': '/a.B/C',
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    'grpc-accept-encoding': 'identity,gzip',
    'grpc-timeout': '250m'
  })
  t.match(userAgent, /^grpc-node-sluice\/\d+\.\d+\.\d+$/)
})

t.test('a call says what its caller says besides, but not in the name of the protocol', async t => {
  const own = new Headers({ authorization: 'Bearer a', 'user-agent': 'me', 'content-type': 'text/html', te: 'gzip' })
  const headers = requestHeaders('/a.B/C', undefined, own)
  t.match(headers, { authorization: 'Bearer a', 'user-agent': 'me', te: 'trailers' })
  t.equal(headers['content-type'], 'application/grpc+proto')
  t.notOk('grpc-timeout' in headers)
})

t.test('a timeout has at most eight digits', async t => {
  for (const [ms, expected] of [
    [1, '1m'],
    [0.2, '1m'],
    [99_999_999, '99999999m'],
    [100_000_000, '100000S'],
    [1e15, '99999999S']
  ] as const) {
    t.equal(grpcTimeout(ms), expected)
  }
})

t.test('headers of an answer are those of the upstream alone', async t => {
  const headers = addHeaders(new Headers(), { ':status': 200, a: '1', 'set-cookie': ['b', 'c'], nothing: undefined })
  t.same(
    [...headers],
    [
      ['a', '1'],
      ['set-cookie', 'b'],
      ['set-cookie', 'c']
    ]
  )
})
