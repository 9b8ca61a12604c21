import { once } from 'node:events'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { build } from '../../helper.ts'

/** What comes back for bytes, up to the end of the connection. */
async function answerTo(url: string, bytes: string): Promise<string> {
  const { port, hostname } = new URL(url)
  const socket = connect(Number(port), hostname)
  let answer = ''
  socket.setEncoding('utf8').on('data', text => {
    answer += text
  })
  socket.write(bytes)
  await once(socket, 'close')
  return answer
}

function bodyOf(answer: string) {
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))
}

t.test('bytes that are no request get the one shape, and the connection ends', async t => {
  const { url } = await build(t)
  const answer = await answerTo(url, 'GET / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n')
  t.match(answer, /^HTTP\/1\.1 400 Bad Request\r\n/)
  t.match(bodyOf(answer), {
    error: 'malformed request',
    code: 'INVALID_ARGUMENT',
    reason: 'MALFORMED_REQUEST',
    request_id: /.+/
  })
})

t.test('headers above 16 KiB: 431', async t => {
  const { url } = await build(t)
  const answer = await answerTo(url, `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(17 * 1024)}\r\n\r\n`)
  t.match(answer, /^HTTP\/1\.1 431 /)
  t.equal(bodyOf(answer).reason, 'HEADERS_TOO_LARGE')
})

t.test('a request that does not arrive: 408', async t => {
  const { gateway, url } = await build(t)
  // What Node reports when its own clock says so.
  gateway.server.once('connection', socket => {
    const late = Object.assign(new Error('late'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' })
    socket.once('data', () => gateway.server.emit('clientError', late, socket))
  })
  const answer = await answerTo(url, 'GET / HTTP/1.1\r\nhost: a\r\n')
  t.match(answer, /^HTTP\/1\.1 408 /)
  t.equal(bodyOf(answer).reason, 'REQUEST_TIMEOUT')
})

t.test('the limits of the server are set', async t => {
  const { gateway } = await build(t)
  const server: Server = gateway.server
  t.equal(server.requestTimeout, 15_000)
  t.equal(server.headersTimeout, 5_000)
  t.equal(server.keepAliveTimeout, 15_000)
  t.equal(server.timeout, 30_000)
  t.equal(server.maxRequestsPerSocket, 10_000)
  t.equal(server.maxConnections, 10_000)
})

t.test('the spelling of a path counts', async t => {
  const { call } = await build(t)
  for (const path of ['/HEALTH', '/health/', '//health', '/health;x'])
    t.equal((await call('GET', path)).status, 404, path)
})
