import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { Code } from '@connectrpc/connect'
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { buildEdge } from '../../app.ts'
import { loadConfig } from '../../config.ts'
import { OrderService } from '../../gen/shop/order/v1/order_pb.ts'
import { ProductService } from '../../gen/shop/product/v1/product_pb.ts'
import { publicPolicy } from '../../lib/policies/route-policy.ts'
import type { UpstreamName } from '../../plugins/upstreams.ts'
import { shopUpstreams } from '../../shop.ts'
import { build, hang, orderId, productIds, settings, signToken, startUpstream, type Test, until } from '../helper.ts'

const list = '/api/v1/categories'

t.test('a service that is too slow: 504, and the call is cancelled', async t => {
  // Long enough that the call reaches the service, also on a slow machine, over a connection that is open.
  const { call, upstream } = await build(t, { UPSTREAM_TIMEOUT_MS: '500' }, { product: { listCategories: hang } })
  await call('GET', '/ready')
  const { status, body } = await call('GET', list)
  t.equal(status, 504)
  t.match(body, { code: 'DEADLINE_EXCEEDED', reason: 'UPSTREAM_TIMEOUT', error: 'the service did not answer in time' })
  await until(() => upstream.calls[0]?.signal.aborted === true)
})

t.test('the service knows how much time is left', async t => {
  const { call, upstream } = await build(t)
  await call('GET', list)
  const [, amount, unit] = /^(\d+)(\w)$/.exec(upstream.calls[0]?.header.get('grpc-timeout') ?? '') ?? []
  t.equal(unit, 'u')
  t.ok(Number(amount) > 4_000_000 && Number(amount) <= 5_000_000)
})

const remainingUs = ({ header }: { header: Headers }) => Number(/^(\d+)u$/.exec(header.get('grpc-timeout') ?? '')?.[1])

t.test('of calls that follow each other, the later has what the earlier has left', async t => {
  const takenMs = 50
  const { call, upstream } = await build(
    t,
    {},
    {
      product: {
        async listProducts() {
          await new Promise(resolve => setTimeout(resolve, takenMs))
          return { products: [{ id: productIds[0]! }] }
        }
      }
    }
  )
  t.equal((await call('GET', '/api/v1/products')).status, 200)
  const [first, second] = upstream.calls.map(remainingUs)
  t.ok(second! <= first! - 1_000 * (takenMs - 1), `${first} us, then ${second} us`)
})

t.test('no call is made when no time is left for it', async t => {
  const { call, upstream } = await build(t, { UPSTREAM_TIMEOUT_MS: '300' }, { product: { listProducts: hang } })
  await call('GET', '/ready')
  t.match(await call('GET', '/api/v1/products'), { status: 504, body: { reason: 'UPSTREAM_TIMEOUT' } })
  t.same(
    upstream.calls.map(({ rpc }) => rpc),
    ['shop.product.v1.ProductService/ListProducts']
  )
})

t.test('a request whose time is over before it calls anybody is 504, and nobody is called', async t => {
  const { call, upstream } = await build(t, {}, {}, async gateway => {
    const policy = { ...publicPolicy, deadlineMs: 20 }
    gateway.get('/late', { config: { policy } }, async ({ clients }: FastifyRequest) => {
      await new Promise(resolve => setTimeout(resolve, 30))
      return clients.product.listCategories({})
    })
  })
  t.match(await call('GET', '/late'), { status: 504, body: { reason: 'UPSTREAM_TIMEOUT' } })
  t.same(upstream.calls, [])
})

t.test('a client has no say in how much time there is', async t => {
  const { call, upstream } = await build(t)
  for (const name of ['grpc-timeout', 'connect-timeout-ms', 'x-envoy-upstream-rq-timeout-ms', 'grpc_timeout']) {
    t.equal((await call('GET', list, { headers: { [name]: '1' } })).status, 200)
    t.ok(remainingUs(upstream.calls.at(-1)!) > 1_000_000, name)
  }
})

t.test('a client that goes away cancels its call', async t => {
  const { call, upstream } = await build(t, {}, { order: { getOrder: hang } })
  const controller = new AbortController()
  const gone = call('GET', `/api/v1/orders/${orderId}`, { token: await signToken(), signal: controller.signal })
  await until(() => upstream.calls.length === 1)
  controller.abort()
  await t.rejects(gone)
  await until(() => upstream.calls[0]?.signal.aborted === true)
})

t.test('for a client that has gone away already no call is made', async t => {
  const { url, calls } = await startUpstream(t)
  const gateway = edge(t, { order: { target: url } })
  const failed = Promise.withResolvers<unknown>()
  gateway.get('/late', { config: { policy: publicPolicy } }, async (request, reply) => {
    await once(reply.raw, 'close')
    const { wire } = gateway.upstreams.order!
    await wire.unary(OrderService.method.getOrder, new Uint8Array(), { caller: request.caller }).catch(failed.resolve)
  })
  await gateway.listen({ port: 0, host: '127.0.0.1' })
  const [{ port }] = gateway.addresses() as [AddressInfo]
  const socket = connect(port, '127.0.0.1').resume()
  const received = once(gateway.server, 'request')
  socket.write('GET /late HTTP/1.1\r\nhost: a\r\n\r\n')
  await received
  socket.destroy()
  t.match(await failed.promise, { code: Code.Canceled })
  t.same(calls, [])
})

t.test('an answer that is larger than 4 MiB is refused: 502', async t => {
  const categories = [{ name: 'x'.repeat(5 * 1024 * 1024) }]
  const { call } = await build(t, {}, { product: { listCategories: () => ({ categories }) } })
  const { status, body } = await call('GET', list)
  t.equal(status, 502)
  t.match(body, { reason: 'UPSTREAM_INVALID_RESPONSE', code: 'INTERNAL' })
})

t.test('clients of a request stop at its deadline', async t => {
  const { call } = await build(t, { UPSTREAM_TIMEOUT_MS: '40' }, { product: { getProduct: hang } })
  const { status } = await call('GET', `/api/v1/products/${productIds[0]}`)
  t.equal(status, 504)
})

/** A gateway that knows nothing of the shop, before `upstreams`. */
function edge(t: Test, upstreams: Parameters<typeof buildEdge>[1]) {
  const gateway = buildEdge(loadConfig(settings('http://127.0.0.1:1')), upstreams)
  t.teardown(() => gateway.close())
  return gateway
}

t.test('any service is served before any upstream, whatever they are called', async t => {
  const { url, calls } = await startUpstream(t)
  const gateway = edge(t, { warehouse: { target: url } })
  gateway.register(async scope => scope.transcode(ProductService, { upstream: 'warehouse' as UpstreamName }))
  const answer = await gateway.inject('/api/v1/categories')
  t.same(answer.json().categories, [{ name: 'food', product_count: 2 }])
  t.same(
    calls.map(({ rpc }) => rpc),
    ['shop.product.v1.ProductService/ListCategories']
  )
  t.same((await gateway.inject('/ready')).json(), { status: 'ready', upstreams: { warehouse: 'serving' } })
})

t.test('a service before an upstream that is not there keeps the gateway from starting', async t => {
  const gateway = edge(t, { product: { target: 'http://127.0.0.1:1' } })
  gateway.register(async scope => scope.transcode(ProductService, { upstream: 'prodct' as UpstreamName }))
  await t.rejects(async () => gateway.ready(), {
    code: 'SLUICE_ERR_OPTION_INVALID',
    message: 'shop.product.v1.ProductService: upstream: there is no "prodct", did you mean "product"?'
  })
})

t.test('the names of the upstreams of the shop are checked by the compiler', async t => {
  const name: UpstreamName = 'product'
  // @ts-expect-error: there is none of this name
  const misspelt: UpstreamName = 'prodct'
  t.not(name, misspelt)
})

t.test('options that cannot work keep the gateway from starting', async t => {
  const bad: Record<string, Parameters<typeof buildEdge>[1]> = {
    'upstreams: there must be at least one': {},
    'upstream "a": target: the port is missing': { a: { target: 'localhost' } },
    'upstream "b": target: it is empty': { b: { target: '' } },
    'upstream "c": bulkhead.maxInFlight must be a whole number above 0': {
      c: { target: 'a:1', bulkhead: { maxInFlight: 0 } }
    },
    'upstream "d": bulkhead.maxWaiting must be a whole number that is not below 0': {
      d: { target: 'a:1', bulkhead: { maxWaiting: -1 } }
    },
    'upstream "e": maxStreams must be a whole number above 0': { e: { target: 'a:1', maxStreams: 0 } },
    'upstream "f": maxAttempts must be from 1 to 3': { f: { target: 'a:1', maxAttempts: 4 } },
    'upstream "g": retryBudget.ratio must be from 0 to 1': { g: { target: 'a:1', retryBudget: { ratio: 2 } } },
    'upstream "h": retryBudget.floor must not be below 0': { h: { target: 'a:1', retryBudget: { floor: -1 } } },
    'the TLS of i: key without cert': { i: { target: 'https://a', tls: { key: 'x' } } }
  }
  for (const [message, upstreams] of Object.entries(bad)) {
    await t.rejects(async () => edge(t, upstreams).ready(), { code: 'SLUICE_ERR_OPTION_INVALID', message })
  }
})

t.test('a stream may outlive the deadline of calls, unless its policy has one', async t => {
  const { url } = await startUpstream(t, {
    order: {
      async *watchOrder(_request, { signal }) {
        yield {}
        await once(signal, 'abort')
      }
    }
  })
  const config = loadConfig({ ...settings(url), UPSTREAM_TIMEOUT_MS: '100' })
  const gateway = buildEdge(config, shopUpstreams(config))
  t.teardown(() => gateway.close())
  const watch = async ({ clients }: FastifyRequest) => {
    const events = clients.order.watchOrder({})[Symbol.asyncIterator]()
    await events.next()
    const late = new Promise(resolve => setTimeout(resolve, 300, 'it goes on'))
    return Promise.race([late, events.next().catch(error => Code[error.code])])
  }
  gateway.get('/unlimited', { config: { policy: publicPolicy } }, watch)
  gateway.get('/limited', { config: { policy: { ...publicPolicy, deadlineMs: 150 } } }, watch)
  t.equal((await gateway.inject('/unlimited')).body, 'it goes on')
  t.equal((await gateway.inject('/limited')).body, 'DeadlineExceeded')
})
