import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { OrderService } from '../../../gen/shop/order/v1/order_pb.ts'
import { withTranslatedErrors } from '../../../lib/policies/connection.ts'
import { withDeadline } from '../../../lib/policies/deadline.ts'
import { type RetryOptions, withRetry } from '../../../lib/policies/retry.ts'
import { RetryBudget } from '../../../lib/policies/retry-budget.ts'
import { createChannel } from '../../../lib/upstream/channel/channel.ts'
import { createWire, type Wire } from '../../../lib/upstream/grpc/wire.ts'
import { until } from '../../helper.ts'
import {
  answer,
  collect,
  frameTypes,
  grpcHeaders,
  packedHeaders,
  packedStatus,
  rawFrame,
  startFrameServer,
  startRawServer,
  timeoutMsOf
} from '../upstream/grpc/servers.ts'

const { createOrder, getOrder, watchOrder } = OrderService.method
const message = Buffer.from('hello')
const ok = { body: [rawFrame(message)], trailers: { 'grpc-status': '0' } }

type Tap = Pick<typeof t, 'teardown'>
type Behaviour = (stream: ServerHttp2Stream) => void

const succeed: Behaviour = stream => answer(stream, ok)
const refuse: Behaviour = stream => stream.close(constants.NGHTTP2_REFUSED_STREAM)
const cutConnection: Behaviour = stream => stream.session!.destroy()
const fail: Behaviour = stream =>
  answer(stream, { headers: { ...grpcHeaders, 'grpc-status': String(Code.Unavailable) } })

/** An upstream whose calls end as told, one after the other; those after them well. */
async function startUpstream(t: Tap, ...behaviours: Behaviour[]) {
  const calls: { headers: IncomingHttpHeaders; body: Promise<Buffer> }[] = []
  const { url } = await startRawServer(t, (stream, headers) => {
    calls.push({ headers, body: bodyOf(stream) })
    const behave = behaviours[calls.length - 1] ?? succeed
    behave(stream)
  })
  return { url, calls }
}

async function bodyOf(stream: ServerHttp2Stream): Promise<Buffer> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of stream) chunks.push(chunk)
  } catch {
    // It was cut.
  }
  return Buffer.concat(chunks)
}

/** What the gateway has between a request and an upstream, about calls that fail. */
function connect(t: Tap, target: string, options: Partial<RetryOptions> = {}): Wire {
  const channel = createChannel({ name: 'order', target, health: { mode: 'off' }, outliers: null })
  t.teardown(() => channel.close())
  const policies = [
    withDeadline({ defaultMs: 5_000 }),
    withRetry({ budget: new RetryBudget(), baseMs: 1, ...options }),
    withTranslatedErrors()
  ]
  return createWire({ send: channel.send, policies, writeMaxBytes: 1024 })
}

t.test('a call that an upstream refused to begin is made again, whatever it is', async t => {
  const { url, calls } = await startUpstream(t, refuse)
  const { message: answered } = await connect(t, url).unary(createOrder, message)
  t.same(answered, message)
  t.equal(calls.length, 2)
})

t.test('so is a call that a connection which ends had no room for', async t => {
  // GOAWAY with NO_ERROR, in which no stream was begun.
  const goaway = Buffer.alloc(8)
  let calls = 0
  const { url } = await startFrameServer(t, (send, socket) => {
    calls += 1
    if (calls === 1) {
      send(frameTypes.goaway, 0, goaway, 0)
      socket.end()
      return
    }
    send(frameTypes.headers, 0x4, packedHeaders)
    send(frameTypes.data, 0, rawFrame(message))
    send(frameTypes.headers, 0x5, packedStatus(0))
  })
  const { message: answered } = await connect(t, url).unary(createOrder, message)
  t.same(answered, message)
  t.equal(calls, 2)
})

t.test('a call that may have begun is not made again', async t => {
  for (const behaviour of [cutConnection, fail]) {
    const { url, calls } = await startUpstream(t, behaviour)
    await t.rejects(connect(t, url).unary(createOrder, message))
    t.equal(calls.length, 1)
  }
})

t.test('one with an idempotency key is, once, with the same key and no more time', async t => {
  const { url, calls } = await startUpstream(t, stream => {
    stream.resume()
    stream.once('end', () => cutConnection(stream))
  })
  const { message: answered } = await connect(t, url).unary(createOrder, message, {
    repeatable: 'keyed',
    timeoutMs: 4_000
  })
  t.same(answered, message)
  const [first, second] = calls
  t.same(await second?.body, rawFrame(message))
  t.equal(second?.headers['grpc-previous-rpc-attempts'], '1')
  t.ok(timeoutMsOf(second?.headers) <= timeoutMsOf(first?.headers))
  t.ok(timeoutMsOf(first?.headers) <= 4_000)

  const down = await startUpstream(t, cutConnection, cutConnection, cutConnection)
  const call = connect(t, down.url).unary(createOrder, message, { repeatable: 'keyed' })
  await t.rejects(call, { code: 'SLUICE_ERR_UPSTREAM_UNAVAILABLE' })
  t.equal(down.calls.length, 2)
})

t.test('each attempt has what is left of the time, and there is none without', async t => {
  const waiting: Behaviour = stream => setTimeout(() => fail(stream), 20)
  const { url, calls } = await startUpstream(t, waiting, waiting)
  const wire = connect(t, url)
  await wire.unary(getOrder, message, { timeoutMs: 4_000 })
  const times = calls.map(({ headers }) => timeoutMsOf(headers))
  t.ok(times[0]! > times[1]! && times[1]! > times[2]!, times.join(' > '))
  await t.rejects(wire.unary(getOrder, message, { timeoutMs: 0 }), { code: Code.DeadlineExceeded })
  t.equal(calls.length, 3)
})

t.test('an attempt goes to another endpoint than the one that failed', async t => {
  const [ill, well] = [await startUpstream(t, ...Array(100).fill(fail)), await startUpstream(t)]
  const wire = connect(t, `${ill.url},${well.url}`, { budget: new RetryBudget({ floor: 100 }) })
  await until(async () => {
    await wire.unary(getOrder, message).catch(() => {})
    return ill.calls.length > 0 && well.calls.length > 0
  })
  for (let count = 0; count < 10; count++) {
    const { message: answered } = await wire.unary(getOrder, message)
    t.same(answered, message)
  }
})

t.test('a stream whose answer never began is made again; one that broke off is not', async t => {
  const { url, calls } = await startUpstream(t, fail, stream => {
    stream.respond(grpcHeaders)
    stream.write(rawFrame(message), () => cutConnection(stream))
  })
  const { messages } = await connect(t, url).stream(watchOrder, message, { repeatable: 'safe' })
  await t.rejects(collect(messages), { code: 'SLUICE_ERR_UPSTREAM_UNAVAILABLE' })
  t.equal(calls.length, 2)
})

t.test('a client that goes away while a call waits to be made again ends it', async t => {
  const controller = new AbortController()
  const { url, calls } = await startUpstream(t, stream => {
    const headers = { ...grpcHeaders, 'grpc-status': String(Code.Unavailable), 'grpc-retry-pushback-ms': '4000' }
    answer(stream, { headers })
  })
  const gone = new ConnectError('gone', Code.Canceled)
  const wire = connect(t, url, { onRetry: () => setImmediate(() => controller.abort(gone)) })
  await t.rejects(wire.unary(getOrder, message, { signal: controller.signal }), gone)
  t.equal(calls.length, 1)
})

t.test('an upstream that refuses all calls gets at most a fifth more than were made', async t => {
  const { url, calls } = await startUpstream(t, ...Array(2_000).fill(fail))
  const wire = connect(t, url)
  for (let batch = 0; batch < 10; batch++) {
    const failing = Array.from({ length: 50 }, () => wire.unary(getOrder, message))
    t.ok((await Promise.allSettled(failing)).every(({ status }) => status === 'rejected'))
  }
  t.ok(calls.length <= 600, `${calls.length} attempts at 500 calls`)
  t.ok(calls.length > 500)
})
