import { once } from 'node:events'
import { createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { createClient } from '@connectrpc/connect'
import t from 'tap'
import { RequestError } from '../../../errors.ts'
import { ProductService } from '../../../gen/shop/product/v1/product_pb.ts'
import { failureOf } from '../../../lib/errors/failure.ts'
import { withTranslatedErrors } from '../../../lib/policies/connection.ts'
import { unavailable } from '../../../lib/upstream/grpc/stream-status.ts'
import { connectWire } from '../upstream/grpc/helper.ts'
import { collect, startRawServer } from '../upstream/grpc/servers.ts'
import { createCall } from './calls.ts'
import { openWire } from './open-wire.ts'
import { startStreaming, watchTopic } from './streams.ts'

type Tap = Pick<typeof t, 'teardown'>

/** The reason of a call to what listens on `server`. */
async function reasonFrom(t: Tap, server: Server | ReturnType<typeof createHttp2Server>): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return reasonOf(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
}

async function reasonOf(t: Tap, url: string): Promise<string> {
  const { transport } = openWire(t, url, [withTranslatedErrors()])
  const call = createClient(ProductService, transport).listCategories({})
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

t.test('a stream that breaks off is told like a call that fails', async t => {
  const call = await startStreaming(t, () => [withTranslatedErrors()])
  const reasons: Record<string, string> = {}
  for (const ending of ['well', 'with an error', 'with a reset'] as const) {
    const { messages } = await call(ending)
    reasons[ending] = await collect(messages).then(
      () => 'none',
      error => failureOf(error).reason
    )
  }
  t.same(reasons, { well: 'none', 'with an error': 'INTERNAL', 'with a reset': 'UPSTREAM_UNAVAILABLE' })
})

t.test('what is wrong with the messages of a client is told to it', async t => {
  const call = await startStreaming(t, () => [withTranslatedErrors()])
  const { messages } = await call('never', { signal: AbortSignal.timeout(20) })
  await t.rejects(collect(messages), { code: 'SLUICE_ERR_CANCELLED' })
  const { url } = await startRawServer(t, () => {})
  const wire = connectWire(t, url, { policies: [withTranslatedErrors()] })
  const tooLarge = new RequestError('SLUICE_ERR_MESSAGE_TOO_LARGE', { args: ['line 3'] })
  async function* failing() {
    yield Buffer.from('fine')
    throw tooLarge
  }
  await t.rejects(wire.stream(watchTopic, failing()), tooLarge)
})

t.test('a call whose deadline passes while it waits for a connection misses the upstream, not its time', async t => {
  const call = createCall()
  const send = withTranslatedErrors()(async ({ lifetime }) => {
    lifetime.endAt(performance.now() - 1)
    throw unavailable('the deadline passed before there was one')
  })
  const error = await send(call).catch(error => error)
  t.equal(failureOf(error).reason, 'UPSTREAM_UNAVAILABLE')
})
