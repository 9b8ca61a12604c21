import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import t from 'tap'
import { allowLongUpload, allowSilence, isLongUpload, lingerAfter } from '../../../lib/http/long-lived.ts'

type Tap = Pick<typeof t, 'teardown'>

/** A request that has begun and goes on, on a connection that may be silent for `timeoutMs`. */
async function receive(t: Tap, timeoutMs = 0) {
  const server = createServer().listen(0, '127.0.0.1')
  server.timeout = timeoutMs
  t.teardown(() => server.close())
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.teardown(() => client.destroy())
  client.on('error', () => {})
  client.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\nhello')
  const [request, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  return { client, request, response }
}

t.test('a silent connection is left alone, also more than once', async t => {
  const { request, response } = await receive(t, 20)
  allowSilence(response)
  await once(request.socket, 'timeout')
  response.write('still here')
  await once(request.socket, 'timeout')
  t.equal(response.destroyed, false)
})

t.test('unless the client does not read what is there for it', async t => {
  const { client, response } = await receive(t, 20)
  allowSilence(response)
  client.pause()
  const part = Buffer.alloc(1024 * 1024)
  while (response.writableLength < 20 * part.length) response.write(part)
  await once(response, 'close')
  t.equal(response.destroyed, true)
})

t.test('an upload may take longer than a whole request, until it ends', async t => {
  const { request } = await receive(t)
  t.equal(isLongUpload(request.socket), false)
  const end = allowLongUpload(request, () => {})
  t.equal(isLongUpload(request.socket), true)
  end()
  t.equal(isLongUpload(request.socket), false)
})

t.test('an upload that pauses for too long is late; one that we do not read is not', async t => {
  const { request } = await receive(t, 20)
  const errors: string[] = []
  allowLongUpload(request, ({ code }) => errors.push(code))
  await once(request, 'readable')
  await once(request.socket, 'timeout')
  t.same(errors, [])
  const late = once(request.socket, 'timeout')
  request.read()
  // Any traffic starts the clock of the socket again.
  request.socket.write('HTTP/1.1 100 Continue\r\n\r\n')
  await late
  t.same(errors, ['SLUICE_ERR_REQUEST_TIMEOUT'])
})

t.test('what follows an answer is read to nowhere, and then cut off', async t => {
  const { client, request, response } = await receive(t)
  lingerAfter(request, response, 50)
  client.resume()
  response.end('enough')
  await once(response, 'finish')
  client.write('more')
  await once(client, 'close')
  t.equal(request.readableLength, 0)
})

t.test('a request that ends in time keeps its connection', async t => {
  const { client, request, response } = await receive(t)
  lingerAfter(request, response, 10_000)
  client.resume()
  response.end('enough')
  await once(response, 'finish')
  client.write('x'.repeat(995))
  await once(request, 'end')
  t.equal(request.socket.destroyed, false)
})
