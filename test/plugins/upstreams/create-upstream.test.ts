import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import { buildEdge, buildGateway } from '../../../app.ts'
import { loadConfig } from '../../../config.ts'
import { ProductService } from '../../../gen/shop/product/v1/product_pb.ts'
import type { UpstreamName } from '../../../plugins/upstreams.ts'
import { createAuthority, issue } from '../../certificates.ts'
import {
  build,
  type FakeUpstream,
  hang,
  orderId,
  type Shop,
  settings,
  signToken,
  startUpstream,
  until
} from '../../helper.ts'

const list = '/api/v1/categories'
const items = [{ product_id: '0198c2d4-0000-7000-8000-0000000000a1', quantity: 1 }]
const order = { body: { items, payment_method: 'credit_card' } }

function fail(): never {
  throw new ConnectError('not now', Code.Unavailable)
}

/** A gateway whose product and order services have two endpoints, both connected. */
async function buildOverTwo(t: Tap, first: Shop, second: Shop, env: NodeJS.ProcessEnv = {}) {
  const upstreams: [FakeUpstream, FakeUpstream] = [await startUpstream(t, first), await startUpstream(t, second)]
  const target = upstreams.map(({ url }) => url).join(',')
  const { call, gateway } = await build(t, { PRODUCT_SERVICE_URL: target, ORDER_SERVICE_URL: target, ...env })
  await call('GET', '/ready')
  const { product, order } = gateway.upstreams as Required<typeof gateway.upstreams>
  const endpoints = () => [product!, order!].flatMap(upstream => upstream.state().endpoints)
  await until(() => endpoints().every(({ connection }) => connection === 'ready'))
  return { call, gateway, calls: () => upstreams.map(({ calls }) => calls.length), upstreams }
}

type Tap = Pick<typeof t, 'teardown'>

t.test('calls are spread over the endpoints of a list', async t => {
  const { call, calls } = await buildOverTwo(t, {}, {})
  for (let count = 0; count < 6; count++) t.equal((await call('GET', list)).status, 200)
  t.same(calls(), [3, 3])
})

t.test('a read that one endpoint fails is answered by another', async t => {
  const { call, calls } = await buildOverTwo(t, { product: { listCategories: fail } }, {})
  for (let count = 0; count < 4; count++) t.equal((await call('GET', list)).status, 200)
  const [failed, answered] = calls()
  t.equal(answered, 4)
  t.ok(failed! > 0)
})

t.test('with UPSTREAM_MAX_ATTEMPTS=1 it is not', async t => {
  const one = { UPSTREAM_MAX_ATTEMPTS: '1' }
  const { call } = await buildOverTwo(t, { product: { listCategories: fail } }, {}, one)
  const statuses = [(await call('GET', list)).status, (await call('GET', list)).status]
  t.same(statuses.sort(), [200, 503])
})

t.test('an order that failed is not made again', async t => {
  const failing = { order: { createOrder: fail } }
  const { call, calls } = await buildOverTwo(t, failing, failing)
  t.equal((await call('POST', '/api/v1/orders', { ...order, token: await signToken() })).status, 503)
  t.equal(calls()[0]! + calls()[1]!, 1)
})

t.test('with an Idempotency-Key it is, once, with the same key', async t => {
  const failing = { order: { createOrder: fail } }
  const { call, calls } = await buildOverTwo(t, failing, failing)
  const headers = { 'idempotency-key': 'k-1' }
  t.equal((await call('POST', '/api/v1/orders', { ...order, headers, token: await signToken() })).status, 503)
  t.same(calls(), [1, 1])
})

t.test('a policy may ask for a second attempt beside a slow one', async t => {
  const slow = await startUpstream(t, { product: { listCategories: hang } })
  const quick = await startUpstream(t)
  const config = loadConfig(settings(quick.url))
  const gateway = buildEdge(config, { product: { target: `${slow.url},${quick.url}` } })
  gateway.register(async scope =>
    scope.transcode(ProductService, {
      upstream: 'product' as UpstreamName,
      methods: { listCategories: { hedgeAfterMs: 20 } }
    })
  )
  t.teardown(() => gateway.close())
  await gateway.inject('/ready')
  await until(() => gateway.upstreams.product!.state().endpoints.every(({ connection }) => connection === 'ready'))
  for (let count = 0; count < 4; count++) t.equal((await gateway.inject(list)).statusCode, 200)
  await until(() => slow.calls.length > 0 && slow.calls.every(({ signal }) => signal.aborted))
})

t.test('more calls at once than a service may have wait, and more than may wait are refused', async t => {
  const bounds = { UPSTREAM_MAX_IN_FLIGHT: '1', UPSTREAM_MAX_WAITING: '1' }
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const { call, gateway } = await build(t, bounds, {
    product: {
      async listCategories() {
        await gate
        return {}
      }
    }
  })
  const { calls } = gateway.upstreams.product!
  const first = call('GET', list)
  await until(() => calls.inFlight === 1)
  const second = call('GET', list)
  await until(() => calls.waiting === 1)
  const { status, body, headers } = await call('GET', list)
  t.same([status, body.reason, headers.get('retry-after')], [503, 'UPSTREAM_BUSY', '1'])
  open()
  t.same([(await first).status, (await second).status], [200, 200])
})

t.test('open streams are bounded by themselves', async t => {
  const bounds = { UPSTREAM_MAX_IN_FLIGHT: '1', UPSTREAM_MAX_WAITING: '0', UPSTREAM_MAX_STREAMS: '1' }
  const { call, url } = await build(t, bounds, {
    order: {
      async *watchOrder(_request, { signal }) {
        yield {}
        await once(signal, 'abort')
      }
    }
  })
  const token = await signToken()
  const watch = `/api/v1/orders/${orderId}/events`
  const leave = new AbortController()
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' }
  const events = await fetch(`${url}${watch}`, { headers, signal: leave.signal })
  t.equal(events.status, 200)
  const { status, body } = await call('GET', watch, { token, headers })
  t.same([status, body.reason], [503, 'UPSTREAM_BUSY'])
  t.equal((await call('GET', `/api/v1/orders/${orderId}`, { token })).status, 200)
  leave.abort()
})

t.test('a service behind TLS is known by the authority in UPSTREAM_TLS_CA_FILE', async t => {
  const ca = createAuthority()
  const { url } = await startUpstream(t, {}, issue({ ca, names: ['127.0.0.1'] }))
  const env = { ...settings(url), UPSTREAM_TLS_CA_FILE: join(t.testdir({ 'ca.pem': ca.cert }), 'ca.pem') }
  const gateway = buildGateway(loadConfig(env))
  t.teardown(() => gateway.close())
  t.equal((await gateway.inject(list)).statusCode, 200)
})

t.test('without it, no call gets through, and the state says why', async t => {
  const { url } = await startUpstream(t, {}, issue({ ca: createAuthority(), names: ['127.0.0.1'] }))
  const gateway = buildGateway(loadConfig(settings(url)))
  t.teardown(() => gateway.close())
  const answer = await gateway.inject(list)
  t.same([answer.statusCode, answer.json().reason], [503, 'UPSTREAM_UNAVAILABLE'])
  t.match(gateway.upstreams.product!.state(), {
    name: 'product',
    target: url,
    endpoints: [{ connection: 'backoff', lastError: /certificate/ }]
  })
})

t.test('a socket in the file system is a target', async t => {
  const upstream = await startUpstream(t)
  const path = join(tmpdir(), `${randomUUID()}.sock`)
  const { port } = new URL(upstream.url)
  const server = createServer(socket => {
    const onward = connect(Number(port), '127.0.0.1')
    socket.pipe(onward).pipe(socket)
    socket.on('error', () => onward.destroy())
    onward.on('error', () => socket.destroy())
  }).listen(path)
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { call } = await build(t, { PRODUCT_SERVICE_URL: `unix:${path}` })
  t.equal((await call('GET', list)).status, 200)
})
