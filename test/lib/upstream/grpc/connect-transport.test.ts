import { once } from 'node:events'
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { Code, ConnectError, createClient, type ServiceImpl } from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import t from 'tap'
import { ErrorInfoSchema } from '../../../../gen/google/rpc/error_details_pb.ts'
import { createTransport } from '../../../../lib/upstream/grpc/connect-transport.ts'
import { StreamService } from '../../../fixtures/gen/fixture/v1/streams_pb.ts'
import { connectWire } from './helper.ts'
import { answer, rawFrame, startRawServer } from './servers.ts'

type Tap = Pick<typeof t, 'teardown'>

/** A client of a service that connect serves; `compress` makes it compress each answer. */
async function startClient(t: Tap, service: Partial<ServiceImpl<typeof StreamService>>, compress = false) {
  const routes = connectNodeAdapter({
    routes: router => router.service(StreamService, service),
    ...(compress && { compressMinBytes: 1 })
  })
  const server = createServer(routes)
  server.on('session', session => t.teardown(() => session.destroy()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return createClient(StreamService, createTransport(connectWire(t, url)))
}

t.test('generated clients call, and stream both ways, and with compressed answers', async t => {
  for (const compress of [false, true]) {
    const client = await startClient(
      t,
      {
        getCover: ({ name }) => ({ name: `cover of ${name}` }),
        async *watchTopic({ topic }) {
          yield { seq: 1n, text: topic }
          yield { seq: 2n, text: 'x'.repeat(1_000) }
        },
        async importTopic(messages) {
          const texts: string[] = []
          for await (const { note } of messages) texts.push(note)
          return { texts }
        }
      },
      compress
    )
    t.equal((await client.getCover({ name: 'a' })).name, 'cover of a')
    const seqs: bigint[] = []
    for await (const { seq } of client.watchTopic({ topic: 'b' })) seqs.push(seq)
    t.same(seqs, [1n, 2n])
    async function* notes() {
      yield { note: 'one' }
      yield { note: 'two' }
    }
    t.same((await client.importTopic(notes())).texts, ['one', 'two'])
  }
})

t.test('errors of a service keep their code, text, details and metadata', async t => {
  const refusal = new ConnectError('there is no ä', Code.NotFound, { 'retry-after': '3' }, [
    { desc: ErrorInfoSchema, value: { reason: 'GONE' } }
  ])
  const client = await startClient(t, {
    getCover() {
      throw refusal
    },
    // biome-ignore lint/correctness/useYield: it fails before it has anything to say
    async *watchTopic() {
      throw refusal
    }
  })
  const errors = [
    await client.getCover({}).catch(error => error),
    await client
      .watchTopic({})
      [Symbol.asyncIterator]()
      .next()
      .catch(error => error)
  ]
  for (const error of errors) {
    t.match(error, { name: 'ConnectError', code: Code.NotFound, rawMessage: 'there is no ä' })
    t.equal(error.metadata.get('retry-after'), '3')
    t.match(error.findDetails(ErrorInfoSchema), [{ reason: 'GONE' }])
  }
})

t.test('services that grpc-js serves are called too', async t => {
  const server = new Server()
  t.teardown(() => server.forceShutdown())
  const bytes = { serialize: (bytes: Buffer) => bytes, deserialize: (bytes: Buffer) => bytes }
  server.addService(
    {
      getCover: {
        path: '/fixture.v1.StreamService/GetCover',
        requestStream: false,
        responseStream: false,
        requestSerialize: bytes.serialize,
        requestDeserialize: bytes.deserialize,
        responseSerialize: bytes.serialize,
        responseDeserialize: bytes.deserialize
      }
    },
    {
      getCover(call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>) {
        if (call.request.length > 0) callback(null, call.request)
        else callback({ code: status.INVALID_ARGUMENT, details: 'no näme' })
      }
    }
  )
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error)
    )
  })
  const client = createClient(StreamService, createTransport(connectWire(t, `http://127.0.0.1:${port}`)))
  t.equal((await client.getCover({ name: 'same' })).name, 'same')
  await t.rejects(client.getCover({}), { code: Code.InvalidArgument, rawMessage: 'no näme' })
})

t.test('an answer that is no message of its type is an error of the upstream', async t => {
  const { url } = await startRawServer(t, stream =>
    answer(stream, { body: [rawFrame(Buffer.from([0x0a, 0xff]))], trailers: { 'grpc-status': '0' } })
  )
  const client = createClient(StreamService, createTransport(connectWire(t, url)))
  const expected = { name: 'ConnectError', code: Code.Internal, cause: { code: 'SLUICE_ERR_UPSTREAM_INVALID' } }
  await t.rejects(client.getCover({}), expected)
  await t.rejects(client.watchTopic({})[Symbol.asyncIterator]().next(), expected)
})
