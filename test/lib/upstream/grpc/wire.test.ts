import { constants, type IncomingHttpHeaders } from 'node:http2'
import { gunzipSync } from 'node:zlib'
import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { ProductService } from '../../../../gen/shop/product/v1/product_pb.ts'
import type { Answer, Call, Policy } from '../../../../lib/upstream/grpc/call.ts'
import { createWire } from '../../../../lib/upstream/grpc/wire.ts'
import { StreamService } from '../../../fixtures/gen/fixture/v1/streams_pb.ts'
import { until } from '../../../helper.ts'
import { connectWire } from './helper.ts'
import { answer, collect, grpcHeaders, rawFrame, startRawServer, timeoutMsOf } from './servers.ts'

const { getCover, watchTopic, importTopic } = StreamService.method
const { getProduct } = ProductService.method
const message = Buffer.from('hello')

type Tap = Pick<typeof t, 'teardown'>

/** An upstream that answers every call, and remembers the headers of each. */
async function startAnswering(t: Tap) {
  const seen: IncomingHttpHeaders[] = []
  const { url } = await startRawServer(t, (stream, headers) => {
    seen.push(headers)
    answer(stream, { body: [rawFrame(message)], trailers: { 'grpc-status': '0' } })
  })
  return { url, seen }
}

t.test('a call says what gRPC asks for, and what its maker says besides', async t => {
  const { url, seen } = await startAnswering(t)
  const wire = connectWire(t, url)
  await wire.unary(getCover, message, { header: { a: '1', te: 'gzip', 'grpc-encoding': 'br' } })
  t.match(seen[0], {
    ':method': 'POST',
    ':path': '/fixture.v1.StreamService/GetCover',
    ':scheme': 'http',
    ':authority': new URL(url).host,
    'content-type': 'application/grpc+proto',
    te: 'trailers',
    'grpc-accept-encoding': 'identity,gzip',
    'grpc-encoding': undefined,
    'user-agent': /^grpc-node-sluice\/\d+\.\d+\.\d+$/,
    a: '1'
  })
  await wire.unary(getCover, message, { header: { 'user-agent': 'me' } })
  t.equal(seen[1]?.['user-agent'], 'me')
})

t.test('what gRPC says comes before what the maker of the call says', async t => {
  const { url, seen } = await startAnswering(t)
  await connectWire(t, url).unary(getCover, message, { header: { a: '1' } })
  t.same(Object.keys(seen[0] ?? {}).slice(-2), ['grpc-timeout', 'a'])
})

t.test('the upstream is told what is left until the deadline', async t => {
  const { url, seen } = await startAnswering(t)
  const wire = connectWire(t, url)
  const timeoutMs = 1_500
  await wire.unary(getCover, message, { timeoutMs })
  await collect((await wire.stream(watchTopic, message, { timeoutMs })).messages)
  await collect((await wire.stream(watchTopic, message)).messages)
  for (const headers of seen.slice(0, 2)) {
    const ms = timeoutMsOf(headers)
    t.ok(ms > 0 && ms < timeoutMs, `${ms} ms`)
  }
  t.equal(seen[2]?.['grpc-timeout'], undefined)
})

t.test('a call with no time left is none', async t => {
  const { url, seen } = await startAnswering(t)
  const wire = connectWire(t, url)
  await t.rejects(wire.unary(getCover, message, { timeoutMs: -1 }), { code: Code.DeadlineExceeded })
  await t.rejects(wire.stream(watchTopic, message, { timeoutMs: -1 }), { code: Code.DeadlineExceeded })
  t.same(seen, [])
})

t.test('policies wrap every call, the first outermost', async t => {
  const { url, seen } = await startAnswering(t)
  const order: string[] = []
  const wrap = (name: string): Policy => {
    return next => async call => {
      order.push(`${name} ${call.rpc.path}`)
      call.metadata.append('via', name)
      const answer = await next(call)
      order.push(name)
      return answer
    }
  }
  const wire = connectWire(t, url, { policies: [wrap('outer'), wrap('inner')] })
  await wire.unary(getCover, message)
  await collect((await wire.stream(watchTopic, message)).messages)
  const [cover, topic] = ['/fixture.v1.StreamService/GetCover', '/fixture.v1.StreamService/WatchTopic']
  t.same(order, [
    `outer ${cover}`,
    `inner ${cover}`,
    'inner',
    'outer',
    `outer ${topic}`,
    `inner ${topic}`,
    'inner',
    'outer'
  ])
  t.same(
    seen.map(({ via }) => via),
    ['outer, inner', 'outer, inner']
  )
})

/** What policies see of a call that is made so. */
async function seenBy(make: (wire: ReturnType<typeof createWire>) => Promise<unknown>): Promise<Call> {
  const calls: Call[] = []
  const send = async (call: Call): Promise<Answer> => {
    calls.push(call)
    return { stream: false, rpc: call.rpc, message, headers: [], trailers: [] }
  }
  await make(createWire({ send, writeMaxBytes: 100 }))
  return calls[0]!
}

t.test('a call may be repeated as its maker says, or else as its rpc does', async t => {
  t.match(await seenBy(wire => wire.unary(getProduct, message)), {
    repeatable: 'safe',
    hedgeAfterMs: null,
    timeoutMs: undefined
  })
  t.match(await seenBy(wire => wire.unary(ProductService.method.createProduct, message)), { repeatable: 'unsent' })
  const options = { repeatable: 'keyed', hedgeAfterMs: 20, timeoutMs: 1_000 } as const
  t.match(await seenBy(wire => wire.unary(getProduct, message, options)), options)
})

t.test('a policy may refuse a call, which is then none', async t => {
  const { url, seen } = await startAnswering(t)
  const refusal = new ConnectError('no', Code.Unavailable)
  const refuse: Policy = () => async () => {
    throw refusal
  }
  const wire = connectWire(t, url, { policies: [refuse] })
  await t.rejects(wire.unary(getCover, message), refusal)
  await t.rejects(wire.stream(watchTopic, message), refusal)
  t.same(seen, [])
})

t.test('a call whose answer a policy refuses does not go on', async t => {
  const { url, streams } = await startRawServer(t, stream => stream.respond(grpcHeaders))
  const refusal = new ConnectError('no', Code.Unavailable)
  const refuse: Policy = next => async call => {
    await next(call)
    throw refusal
  }
  const wire = connectWire(t, url, { policies: [refuse] })
  await t.rejects(wire.stream(watchTopic, message), refusal)
  await until(() => streams[0]?.rstCode === constants.NGHTTP2_CANCEL)
})

t.test('a policy may make a call again, when an attempt failed', async t => {
  for (const kind of ['unary', 'stream'] as const) {
    const { url, streams } = await startRawServer(t, stream => {
      const failing = streams.length === 1
      answer(stream, { body: failing ? [] : [rawFrame(message)], trailers: { 'grpc-status': failing ? '14' : '0' } })
    })
    const again: Policy = next => async call => {
      // A stream fails here only when its first headers say so.
      const first = await next(call).catch(error => error)
      return first instanceof ConnectError || first.stream ? next(call) : first
    }
    const wire = connectWire(t, url, { policies: [again] })
    if (kind === 'unary') t.same(Buffer.from((await wire.unary(getCover, message)).message), message)
    else t.same(await collect((await wire.stream(watchTopic, message)).messages), ['hello'])
    t.equal(streams.length, 2)
  }
})

t.test('the signal of a lifetime tells policies why a call ended', async t => {
  const { url } = await startRawServer(t, () => {})
  const reasons: unknown[] = []
  const watch: Policy = next => call => {
    const { signal } = call.lifetime
    signal.addEventListener('abort', () => reasons.push(signal.reason.code))
    return next(call)
  }
  const wire = connectWire(t, url, { policies: [watch] })
  await t.rejects(wire.unary(getCover, message, { timeoutMs: 20 }))
  await t.rejects(wire.stream(watchTopic, message, { signal: AbortSignal.timeout(20) }))
  t.same(reasons, [Code.DeadlineExceeded, Code.Canceled])
})

t.test('a header that gRPC does not allow fails the call alone', async t => {
  const { url } = await startAnswering(t)
  const wire = connectWire(t, url)
  for (const header of [{ connection: 'close' }, { a: 'b\nc' }]) {
    await t.rejects(wire.unary(getCover, message, { header }), { code: Code.Internal })
  }
  await wire.unary(getCover, message)
})

t.test('a message that is too large is not sent', async t => {
  const { url, seen } = await startAnswering(t)
  const wire = connectWire(t, url, { writeMaxBytes: 4 })
  const expected = { code: Code.ResourceExhausted, cause: { code: 'SLUICE_ERR_BODY_TOO_LARGE' } }
  await t.rejects(wire.unary(getCover, message), expected)
  await t.rejects(wire.stream(watchTopic, message), expected)
  t.same(seen, [])
})

t.test('requests are compressed when that is asked for', async t => {
  const sent: Buffer[] = []
  const { url } = await startRawServer(t, (stream, headers) => {
    t.equal(headers['grpc-encoding'], 'gzip')
    stream.on('data', (chunk: Buffer) => sent.push(chunk))
    stream.on('end', () => answer(stream, { body: [rawFrame(message)], trailers: { 'grpc-status': '0' } }))
  })
  const wire = connectWire(t, url, { sendCompression: 'gzip' })
  async function* messages() {
    yield message
  }
  const calls: Record<string, () => Promise<unknown>> = {
    unary: () => wire.unary(getCover, message),
    'server stream': async () => collect((await wire.stream(watchTopic, message)).messages),
    'client stream': async () => collect((await wire.stream(importTopic, messages())).messages)
  }
  for (const [name, call] of Object.entries(calls)) {
    sent.length = 0
    await call()
    const body = Buffer.concat(sent)
    t.equal(body[0], 1, name)
    t.same(gunzipSync(body.subarray(5)), message, name)
  }
})
