import t from 'tap'
import { readContentLength, readStatus, trailersProblem } from '../../../../lib/upstream/http2/response-fields.ts'

t.test('the status of an answer', async t => {
  const cases: [fields: string[], status: number | RegExp][] = [
    [[':status', '200', 'content-type', 'application/grpc'], 200],
    [[':status', '100'], 100],
    [[], /begin with :status/],
    [['content-type', 'a', ':status', '200'], /begin with :status/],
    [[':status', '200', ':status', '200'], /not allow/],
    [[':status', '200', ':path', '/'], /not allow/],
    [[':status', '20'], /is none/],
    [[':status', '099'], /is none/],
    [[':status', 'abc'], /is none/],
    [[':status', '200', 'Upper', 'a'], /not allow/],
    [[':status', '200', 'a b', 'a'], /not allow/],
    [[':status', '200', '', 'a'], /not allow/],
    [[':status', '200', 'connection', 'close'], /not allow/],
    [[':status', '200', 'transfer-encoding', 'chunked'], /not allow/],
    [[':status', '200', 'a', 'b\r\nc: d'], /value of "a"/],
    [[':status', '200', 'a', '\0'], /value of "a"/]
  ]
  for (const [fields, status] of cases) {
    const read = readStatus(fields)
    if (typeof status === 'number') t.equal(read, status)
    else t.match(read, status, JSON.stringify(fields))
  }
})

t.test('a name that was found good does not make the same of another kind good', async t => {
  t.equal(readStatus([':status', '200', 'x-known', 'a']), 200)
  t.match(readStatus([':status', '200', 'x-known', '\n']), /value of "x-known"/)
})

t.test('whitespace around a value is let through, as gRPC has it in messages', async t => {
  t.equal(trailersProblem(['grpc-status', '5', 'grpc-message', 'not found: ']), null)
})

t.test('trailers have no field of the kind of :status', async t => {
  t.equal(trailersProblem(['grpc-status', '0']), null)
  t.match(trailersProblem([':status', '200']), /not allow/)
  t.match(trailersProblem(['grpc-status', '0', 'keep-alive', '1']), /not allow/)
})

t.test('the length of a body', async t => {
  const cases: [values: string[], length: number | RegExp][] = [
    [[], -1],
    [['5'], 5],
    [['5', '5'], 5],
    [['5', '6'], /is none/],
    [['-1'], /is none/],
    [['5, 5'], /is none/],
    [[''], /is none/],
    [['9'.repeat(20)], /is none/]
  ]
  for (const [values, length] of cases) {
    const read = readContentLength([':status', '200', ...values.flatMap(value => ['content-length', value])])
    if (typeof length === 'number') t.equal(read, length)
    else t.match(read, length, values.join(' and '))
  }
})
