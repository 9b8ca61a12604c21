import { once } from 'node:events'
import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import {
  type CallOptions,
  Code,
  ConnectError,
  type ConnectRouter,
  createClient,
  decodeBinaryHeader,
  encodeBinaryHeader,
  type HandlerContext,
  type ServiceImpl
} from '@connectrpc/connect'
import { connectNodeAdapter } from '@connectrpc/connect-node'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import t from 'tap'
import { ErrorInfoSchema } from '../../../../gen/google/rpc/error_details_pb.ts'
import { ServerReflection } from '../../../../gen/grpc/reflection/v1/reflection_pb.ts'
import { createTransport } from '../../../../lib/upstream/grpc/connect-transport.ts'
import { StreamService } from '../../../fixtures/gen/fixture/v1/streams_pb.ts'
import { until } from '../../../helper.ts'
import { type ConnectWireOptions, connectWire } from './helper.ts'
import { answer, rawFrame, startRawServer } from './servers.ts'

type Tap = Pick<typeof t, 'teardown'>

/** The URL of a server of connect's; `compress` makes it compress each answer. */
async function startConnect(t: Tap, routes: (router: ConnectRouter) => void, compress = false): Promise<string> {
  const server = createServer(connectNodeAdapter({ routes, ...(compress && { compressMinBytes: 1 }) }))
  server.on('session', session => t.teardown(() => session.destroy()))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A client of a service that connect serves. */
async function startClient(
  t: Tap,
  service: Partial<ServiceImpl<typeof StreamService>>,
  options: ConnectWireOptions & { compress?: boolean } = {}
) {
  const url = await startConnect(t, router => router.service(StreamService, service), options.compress)
  return createClient(StreamService, createTransport(connectWire(t, url, options)))
}

t.test('generated clients call, and stream both ways, compressed or not', async t => {
  for (const options of [{}, { compress: true, sendCompression: 'gzip' } as const]) {
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
      options
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

t.test('both sides of a bidirectional stream speak in turn', async t => {
  const url = await startConnect(t, router =>
    router.service(ServerReflection, {
      async *serverReflectionInfo(requests) {
        for await (const { host } of requests) yield { validHost: `valid ${host}` }
      }
    })
  )
  const client = createClient(ServerReflection, createTransport(connectWire(t, url)))
  const asked: string[] = []
  let goOn: () => void = () => {}
  async function* questions() {
    for (const host of ['a', 'b', 'c']) {
      asked.push(host)
      yield { host }
      await new Promise<void>(resolve => {
        goOn = resolve
      })
    }
  }
  const hosts: string[] = []
  for await (const { validHost } of client.serverReflectionInfo(questions())) {
    hosts.push(validHost)
    t.equal(asked.length, hosts.length, 'nothing is asked before the answer')
    goOn()
  }
  t.same(hosts, ['valid a', 'valid b', 'valid c'])
})

t.test('a client that ends a stream ends what it was sending', async t => {
  let cancelled = false
  let returned = false
  const url = await startConnect(t, router =>
    router.service(ServerReflection, {
      async *serverReflectionInfo(requests, { signal }) {
        signal.addEventListener('abort', () => {
          cancelled = true
        })
        for await (const { host } of requests) yield { validHost: host }
      }
    })
  )
  const client = createClient(ServerReflection, createTransport(connectWire(t, url)))
  const questions: AsyncIterable<{ host: string }> = {
    [Symbol.asyncIterator]() {
      let isFirst = true
      return {
        next() {
          if (!isFirst) return new Promise(() => {})
          isFirst = false
          return Promise.resolve({ done: false, value: { host: 'a' } })
        },
        async return() {
          returned = true
          return { done: true, value: undefined }
        }
      }
    }
  }
  // To break out of the loop is not enough: connect's clients do not pass that on.
  const controller = new AbortController()
  const { signal } = controller
  const reading = client.serverReflectionInfo(questions, { signal })[Symbol.asyncIterator]()
  t.match(await reading.next(), { value: { validHost: 'a' } })
  controller.abort()
  await t.rejects(reading.next(), { code: Code.Canceled })
  await until(() => cancelled && returned)
})

t.test('headers and trailers of an answer reach a generated client, text and binary', async t => {
  const bytes = Uint8Array.of(0, 1, 2, 255)
  const seen: Headers[] = []
  function say({ requestHeader, responseHeader, responseTrailer }: HandlerContext) {
    seen.push(requestHeader)
    responseHeader.set('a', '1')
    responseHeader.set('b-bin', encodeBinaryHeader(bytes))
    responseTrailer.set('c', '2')
    responseTrailer.set('d-bin', encodeBinaryHeader(bytes))
  }
  const client = await startClient(t, {
    getCover(_, context) {
      say(context)
      return {}
    },
    async *watchTopic(_, context) {
      say(context)
      yield {}
    },
    async importTopic(_, context) {
      say(context)
      return {}
    }
  })
  const calls: ((options: CallOptions) => Promise<unknown>)[] = [
    options => client.getCover({}, options),
    options => readAll(client.watchTopic({}, options)),
    options => client.importTopic(noMessages(), options)
  ]
  for (const call of calls) {
    const told: Headers[] = []
    const headers = { e: '3', 'f-bin': encodeBinaryHeader(bytes) }
    await call({ headers, onHeader: header => told.push(header), onTrailer: trailer => told.push(trailer) })
    const [header, trailer] = told
    t.equal(header?.get('a'), '1')
    t.same(decodeBinaryHeader(header?.get('b-bin') ?? ''), bytes)
    t.equal(trailer?.get('c'), '2')
    t.same(decodeBinaryHeader(trailer?.get('d-bin') ?? ''), bytes)
    t.equal(seen.at(-1)?.get('e'), '3')
    t.same(decodeBinaryHeader(seen.at(-1)?.get('f-bin') ?? ''), bytes)
  }
})

async function readAll(messages: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of messages);
}

async function* noMessages(): AsyncGenerator<never> {}

t.test('a generated client has its own deadline, and can end its call', async t => {
  const hang = (_: unknown, { signal }: HandlerContext) =>
    new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
  const client = await startClient(t, { getCover: hang, importTopic: hang })
  await t.rejects(client.getCover({}, { timeoutMs: 30 }), { code: Code.DeadlineExceeded })
  await t.rejects(client.importTopic(noMessages(), { timeoutMs: 30 }), { code: Code.DeadlineExceeded })
  await t.rejects(client.getCover({}, { signal: AbortSignal.timeout(30) }), { code: Code.Canceled })
})

t.test('a generated client cannot take the deadline of its calls away', async t => {
  const left: (number | undefined)[] = []
  const client = await startClient(t, {
    getCover(_, { timeoutMs }) {
      left.push(timeoutMs())
      return {}
    }
  })
  for (const timeoutMs of [0, -1]) await client.getCover({}, { timeoutMs })
  t.equal(left.length, 2)
  for (const ms of left) t.ok(ms! > 0 && ms! <= 20_000, `${ms} ms`)
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
