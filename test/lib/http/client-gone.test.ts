import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import t from 'tap'
import { clientGone } from '../../../lib/http/client-gone.ts'

type Tap = Pick<typeof t, 'teardown'>

/** A request with a body that has been read, and the response to it. */
async function receive(t: Tap) {
  const server = createServer().listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.teardown(() => client.destroy())
  client.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\n{}')
  const [request, response] = (await once(server, 'request')) as [NodeJS.ReadableStream, ServerResponse]
  request.resume()
  await once(request, 'end')
  return { client, response }
}

t.test('a connection that closes before the answer', async t => {
  const { client, response } = await receive(t)
  const signal = clientGone(response)
  client.destroy()
  await once(signal, 'abort')
  t.equal(signal.aborted, true)
})

t.test('a body that has been read is no reason, and neither is an answer that is out', async t => {
  const { client, response } = await receive(t)
  const signal = clientGone(response)
  client.resume()
  const closed = once(response, 'close')
  response.end('done')
  await closed
  t.equal(signal.aborted, false)
})

t.test('who comes too late is told at once', async t => {
  const { client, response } = await receive(t)
  const closed = once(response, 'close')
  client.destroy()
  await closed
  t.equal(clientGone(response).aborted, true)
})
