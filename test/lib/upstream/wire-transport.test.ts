import { constants } from 'node:http2'
import { Code, ConnectError, createContextKey, createContextValues, type Interceptor } from '@connectrpc/connect'
import t from 'tap'
import { StreamService } from '../../fixtures/gen/fixture/v1/streams_pb.ts'
import { until } from '../../helper.ts'
import { answer, collect, createWire, each, grpcHeaders, rawFrame, startRawServer } from './servers.ts'

const { getCover, watchTopic } = StreamService.method
const message = Buffer.from('hello')
const key = createContextKey('nobody')

type Tap = Pick<typeof t, 'teardown'>

/** An upstream that answers every call, and remembers the headers of each. */
async function startAnswering(t: Tap) {
  const seen: Record<string, unknown>[] = []
  const { url } = await startRawServer(t, (stream, headers) => {
    seen.push(headers)
    answer(stream, { body: [rawFrame(message)], trailers: { 'grpc-status': '0' } })
  })
  return { url, seen }
}

t.test('a call goes to the path of its method, with the headers of its caller', async t => {
  const { url, seen } = await startAnswering(t)
  const wire = createWire(t, url)
  await wire.unary(getCover, message, { header: { a: '1' }, timeoutMs: 1_500 })
  await wire.stream(watchTopic, each(message), { header: { a: '2' }, timeoutMs: 1_500 })
  await wire.unary(getCover, message)
  await wire.stream(watchTopic, each(message))
  t.match(seen, [
    { ':path': '/fixture.v1.StreamService/GetCover', a: '1', 'grpc-timeout': '1500m' },
    { ':path': '/fixture.v1.StreamService/WatchTopic', a: '2', 'grpc-timeout': '1500m' },
    { 'grpc-timeout': '20000m' },
    { 'grpc-timeout': undefined }
  ])
})

t.test('interceptors wrap every call, the first outermost, and see bytes', async t => {
  const { url, seen } = await startAnswering(t)
  const order: string[] = []
  const wrap = (name: string): Interceptor => {
    return next => async request => {
      order.push(`${name} ${request.method.name} for ${request.contextValues.get(key)}`)
      request.header.append('via', name)
      if (!request.stream) t.same(request.message, message)
      t.equal(request.url, `${url}/fixture.v1.StreamService/${request.method.name}`)
      const response = await next(request)
      order.push(name)
      if (!response.stream) t.same(response.message, message)
      return response
    }
  }
  const wire = createWire(t, url, { interceptors: [wrap('outer'), wrap('inner')] })
  await wire.unary(getCover, message)
  const contextValues = createContextValues().set(key, 'ada')
  const { messages } = await wire.stream(watchTopic, each(message), { contextValues })
  t.same(await collect(messages), ['hello'])
  const ofUnary = ['outer GetCover for nobody', 'inner GetCover for nobody', 'inner', 'outer']
  const ofStream = ['outer WatchTopic for ada', 'inner WatchTopic for ada', 'inner', 'outer']
  t.same(order, [...ofUnary, ...ofStream])
  t.same(
    seen.map(({ via }) => via),
    ['outer, inner', 'outer, inner']
  )
})

t.test('an interceptor may refuse a call, which is then none', async t => {
  const { url, seen } = await startAnswering(t)
  const refusal = new ConnectError('no', Code.Unavailable)
  const refuse: Interceptor = () => async () => {
    throw refusal
  }
  const wire = createWire(t, url, { interceptors: [refuse] })
  await t.rejects(wire.unary(getCover, message), refusal)
  await t.rejects(wire.stream(watchTopic, each(message)), refusal)
  t.same(seen, [])
})

t.test('a call whose answer an interceptor refuses does not go on', async t => {
  const { url, streams } = await startRawServer(t, stream => stream.respond(grpcHeaders))
  const refusal = new ConnectError('no', Code.Unavailable)
  const refuse: Interceptor = next => async request => {
    await next(request)
    throw refusal
  }
  const wire = createWire(t, url, { interceptors: [refuse] })
  await t.rejects(wire.stream(watchTopic, each(message)), refusal)
  await until(() => streams[0]?.rstCode === constants.NGHTTP2_CANCEL)
})

t.test('the signal of a request tells interceptors why a call ended', async t => {
  const { url } = await startRawServer(t, () => {})
  const reasons: unknown[] = []
  const watch: Interceptor = next => async request => {
    request.signal.addEventListener('abort', () => reasons.push(request.signal.reason.code))
    return next(request)
  }
  const wire = createWire(t, url, { interceptors: [watch] })
  await t.rejects(wire.unary(getCover, message, { timeoutMs: 20 }))
  await t.rejects(wire.stream(watchTopic, each(message), { signal: AbortSignal.timeout(20) }))
  t.same(reasons, [Code.DeadlineExceeded, Code.Canceled])
})

t.test('a header that HTTP/2 does not allow fails the call alone', async t => {
  const { url } = await startAnswering(t)
  const wire = createWire(t, url)
  await t.rejects(wire.unary(getCover, message, { header: { connection: 'close' } }), { code: Code.Internal })
  await wire.unary(getCover, message)
})
