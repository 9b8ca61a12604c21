import { once } from 'node:events'
import { createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { createClient } from '@connectrpc/connect'
import t from 'tap'
import { ProductService } from '../../../gen/shop/product/v1/product_pb.ts'
import { failureOf } from '../../../lib/errors/failure.ts'
import { translateConnectionErrors } from '../../../lib/policies/connection.ts'
import { createChannel } from '../../../lib/upstream/channel.ts'

type Tap = Pick<typeof t, 'teardown'>

/** The reason of a call to what listens on `server`. */
async function reasonFrom(t: Tap, server: Server | ReturnType<typeof createHttp2Server>): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return reasonOf(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

async function reasonOf(t: Tap, url: string): Promise<string> {
  const channel = createChannel({
    url,
    connectTimeoutMs: 1_000,
    defaultTimeoutMs: 2_000,
    interceptors: [translateConnectionErrors()]
  })
  t.teardown(() => channel.close())
  const call = createClient(ProductService, channel.transport).listCategories({})
  return call.then(
    () => 'answered',
    error => failureOf(error).reason
  )
}

t.test('nobody listens', async t => {
  t.equal(await reasonOf(t, 'http://127.0.0.1:1'), 'UPSTREAM_UNAVAILABLE')
})

t.test('a name that is nobody’s', async t => {
  t.equal(await reasonOf(t, 'http://nobody.invalid:9001'), 'UPSTREAM_UNAVAILABLE')
})

t.test('a connection that is reset', async t => {
  const server = createServer(socket => socket.once('data', () => socket.resetAndDestroy()))
  t.equal(await reasonFrom(t, server), 'UPSTREAM_UNAVAILABLE')
})

t.test('a connection that ends instead of an answer', async t => {
  const server = createHttp2Server()
  server.on('stream', stream => stream.session?.destroy())
  t.equal(await reasonFrom(t, server), 'UPSTREAM_UNAVAILABLE')
})

t.test('an HTML page', async t => {
  const server = createHttp2Server()
  server.on('stream', stream => {
    stream.respond({ ':status': 200, 'content-type': 'text/html' })
    stream.end('<h1>hello</h1>')
  })
  t.equal(await reasonFrom(t, server), 'UPSTREAM_INVALID_RESPONSE')
})

t.test('an answer without a status', async t => {
  const server = createHttp2Server()
  server.on('stream', stream => {
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' })
    stream.end()
  })
  t.equal(await reasonFrom(t, server), 'UPSTREAM_INVALID_RESPONSE')
})

t.test('a redirect is not followed', async t => {
  const server = createHttp2Server()
  server.on('stream', stream =>
    stream.respond({ ':status': 302, location: 'http://127.0.0.1:1/' }, { endStream: true })
  )
  t.equal(await reasonFrom(t, server), 'UPSTREAM_INVALID_RESPONSE')
})

t.test('something that speaks no HTTP/2', async t => {
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.end('SSH-2.0-OpenSSH\r\n')
  })
  t.match(await reasonFrom(t, server), /^UPSTREAM_(UNAVAILABLE|INVALID_RESPONSE)$/)
})
