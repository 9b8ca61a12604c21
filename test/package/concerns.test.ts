// Each concern in an application of its own, from the installed package: alone, but for what it says that it needs.
import type { AddressInfo } from 'node:net'
import type { FastifyServerOptions } from 'fastify'
import t from 'tap'
import { ProductService } from '../../gen/shop/product/v1/product_pb.ts'
import { signToken, startUpstream, type Test, userId } from '../helper.ts'
import { exchange, requestBytes } from '../raw-client.ts'
import { recordTelemetry } from '../telemetry.ts'
import { buildAlone, type Options, type PluginName, startEcho } from './alone.ts'
import { installPackage } from './installed-package.ts'

const telemetry = recordTelemetry()
const sluice = await installPackage(t, ['@fastify/otel'])
const { publicPolicy } = await sluice.load('sluice/policy')
const { serverOptions } = await sluice.load('sluice/server')
const open = { config: { policy: publicPolicy } }

function alone(t: Test, name: PluginName, options?: Options, server?: FastifyServerOptions) {
  return buildAlone(t, sluice, name, options, server)
}

t.test('guard alone refuses what can be read in two ways, and takes off what only the gateway says', async t => {
  const { app, listen } = await alone(t, 'guard', {}, (await sluice.load('sluice/plugins/guard')).everyRequest)
  app.get('/', async ({ headers }) => ({ user: headers['x-user-id'] ?? null }))
  const url = await listen()
  t.same(await (await fetch(url, { headers: { 'x-user-id': 'admin' } })).json(), { user: null })
  const [answer] = await exchange(url, requestBytes(['GET / HTTP/1.1', 'Host: other.test', 'Connection: close']))
  t.match(answer, { status: 400, body: { code: 'SLUICE_ERR_REQUEST_MALFORMED' } })
})

t.test('tracing alone goes on in the trace of the caller, and tells the id of the request', async t => {
  const { app, listen } = await alone(t, 'tracing')
  app.get('/orders/:id', async ({ traceId, route }) => ({ traceId, route }))
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const response = await fetch(`${await listen()}/orders/7`, {
    headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` }
  })
  t.same(await response.json(), { traceId, route: '/orders/:id' })
  t.ok(response.headers.get('x-request-id'))
  await app.close()
  t.ok(telemetry.spans().some(({ name }) => name === 'GET /orders/:id'))
})

t.test('tracing tells that the package of detailed spans is not installed', async t => {
  await t.rejects(alone(t, 'tracing', { tracing: { detailed: true } }), {
    code: 'SLUICE_ERR_OPTION_INVALID',
    message: /^tracing: detailed spans are made by the package @fastify\/otel/
  })
})

t.test('metrics alone count requests by their routes', async t => {
  const { app, listen } = await alone(t, 'metrics')
  app.get('/counted/:id', async () => 'ok')
  await fetch(`${await listen()}/counted/7`)
  await app.close()
  const { dataPoints } = (await telemetry.metrics()).get('http.server.requests')!
  t.match(
    dataPoints.find(({ attributes }) => attributes['http.route'] === '/counted/:id'),
    { value: 1, attributes: { 'http.method': 'GET', 'http.status_code': 200 } }
  )
})

t.test('auth alone asks for a token where a route does not say otherwise', async t => {
  const { app, listen } = await alone(t, 'auth')
  app.get('/me', async ({ identity }) => ({ subject: identity?.subject }))
  app.get('/open', open, async () => 'anybody')
  const url = await listen()
  const refused = await fetch(`${url}/me`)
  t.equal(refused.status, 401)
  t.equal(refused.headers.get('www-authenticate'), 'Bearer')
  t.match(await refused.json(), { error: 'missing authorization header' })
  const taken = await fetch(`${url}/me`, { headers: { authorization: `Bearer ${await signToken()}` } })
  t.same(await taken.json(), { subject: userId })
  t.equal((await fetch(`${url}/open`)).status, 200)
})

t.test('limiting alone refuses what is above the limit', async t => {
  const { app, listen } = await alone(t, 'limiting')
  app.get('/', async () => 'ok')
  app.get('/free', { config: { limiting: false } }, async () => 'ok')
  const url = await listen()
  const answers = [await fetch(url), await fetch(url), await fetch(url), await fetch(`${url}/free`)]
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 429, 200]
  )
  t.ok(Number(answers[2]?.headers.get('retry-after')) > 0)
  t.equal(answers[0]?.headers.get('ratelimit-policy'), '"address";q=2;w=2000')
})

t.test('breaking alone refuses calls of what failed too often', async t => {
  const { app, listen } = await alone(t, 'breaking')
  const { inCircuit } = await sluice.load('sluice/plugins/breaking')
  const circuit = app.createCircuit('legacy')
  app.get('/', async request =>
    inCircuit(circuit, request, async () => {
      throw new TypeError('no connection')
    })
  )
  const url = await listen()
  for (let count = 0; count < 3; count++) t.equal((await fetch(url)).status, 500)
  const refused = await fetch(url)
  t.equal(refused.status, 503)
  t.equal(refused.headers.get('retry-after'), '10')
  t.match(await refused.json(), { message: 'service temporarily unavailable' })
})

t.test('health alone is ready until it drains', async t => {
  const { app, listen } = await alone(t, 'health')
  const url = await listen()
  t.same(await (await fetch(`${url}/health`)).json(), { status: 'ok' })
  t.same(await (await fetch(`${url}/ready`)).json(), { status: 'ready', upstreams: {} })
  app.drain()
  const response = await fetch(`${url}/ready`)
  t.equal(response.status, 503)
  t.same(await response.json(), { status: 'draining', upstreams: {} })
})

t.test('overload alone sheds what is more than it may have under way', async t => {
  const { app, listen } = await alone(t, 'overload', { overload: { maxInFlight: 1 } })
  const { promise: done, resolve: finish } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  app.get('/', async () => {
    begin()
    await done
    return 'ok'
  })
  const url = await listen()
  const first = fetch(url)
  await begun
  const second = await fetch(url)
  t.equal(second.status, 503)
  t.equal(second.headers.get('retry-after'), '1')
  t.match(await second.json(), { reason: 'OVERLOADED' })
  finish()
  t.equal((await first).status, 200)
})

t.test('drain alone ends connections, and answers what does not finish', async t => {
  const { app, listen } = await alone(t, 'drain')
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  app.get('/', async () => 'ok')
  app.get('/slow', (_request, _reply) => begin())
  const url = await listen()
  t.equal((await fetch(url)).headers.get('connection'), 'keep-alive')
  app.drain()
  t.equal((await fetch(url)).headers.get('connection'), 'close')
  const slow = fetch(`${url}/slow`)
  await begun
  app.cutOff()
  t.match(await (await slow).json(), { reason: 'SHUTTING_DOWN' })
})

t.test('proxy alone passes paths on, without what clients may not say', async t => {
  const routes = [{ name: 'legacy', prefix: '/legacy', target: await startEcho(t), access: 'public' }]
  const { listen } = await alone(t, 'proxy', { proxy: { routes } })
  const url = await listen()
  const response = await fetch(`${url}/legacy/reports?page=2`, { headers: { 'x-user-id': 'admin' } })
  const answer = (await response.json()) as { headers: object }
  t.match(answer, { url: '/reports?page=2', headers: { 'x-request-id': String } })
  t.notOk('x-user-id' in answer.headers)
})

t.test('admin alone tells the settings without their secrets, and what there is of the rest', async t => {
  const options = { port: 0, settings: { JWT_SECRET: 'secret', PORT: 1 } }
  const { app, listen } = await alone(t, 'admin', { admin: options })
  app.get('/mine', open, async () => 'ok')
  await listen()
  const { port } = app.admin.server.address() as AddressInfo
  const ask = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).json()
  t.same(await ask('/config'), { config: { JWT_SECRET: '***', PORT: 1 } })
  t.same(await ask('/limits'), { limits: [] })
  t.same(await ask('/upstreams'), { upstreams: [] })
  t.match(await ask('/routes'), { routes: [{ method: 'GET', template: '/mine', access: 'public' }] })
})

t.test('errors alone answer in one shape', async t => {
  const { app, listen } = await alone(t, 'errors')
  app.post('/things', async () => 'ok')
  const url = await listen()
  t.match(await (await fetch(`${url}/nowhere`)).json(), { code: 'NOT_FOUND', reason: 'ROUTE_NOT_FOUND' })
  const response = await fetch(`${url}/things`)
  t.equal(response.status, 405)
  t.equal(response.headers.get('allow'), 'POST, OPTIONS')
})

t.test('transcoding and openapi, with an upstream, serve a service and describe it', async t => {
  const { url: target } = await startUpstream(t)
  const options = {
    upstreams: { upstreams: { product: { target } } },
    limiting: { address: null },
    openapi: { title: 'Products', version: '1' }
  }
  const { app, listen } = await alone(t, 'openapi', options)
  app.register(async scope => scope.transcode(ProductService, { upstream: 'product' as never }))
  const url = await listen()
  const answer = await fetch(`${url}/api/v1/categories`)
  t.match(await answer.json(), { categories: [{ name: 'food' }] })
  t.match(await (await fetch(`${url}/openapi.json`)).json(), { info: { title: 'Products' } })
  for (const path of ['/docs', '/docs/docs.js', '/docs/swagger-ui.css']) t.equal((await fetch(url + path)).status, 200)
})

t.test('upstreams give each request clients of its own', async t => {
  const { url: target, calls } = await startUpstream(t)
  const options = { upstreams: { product: { target, service: ProductService } } }
  const server = serverOptions({ logLevel: 'silent' })
  const { app, listen } = await alone(t, 'upstreams', { upstreams: options }, server)
  app.get('/', open, async ({ clients }) => (await clients.product.listCategories({})).categories.length)
  const response = await fetch(await listen(), { headers: { 'x-request-id': 'of-the-client' } })
  t.equal(await response.text(), '1')
  t.equal(calls[0]?.header.get('x-request-id'), 'of-the-client')
})

t.test('completion alone tells of each request once', async t => {
  const { app, listen } = await alone(t, 'completion')
  const statuses: number[] = []
  app.register(async scope => scope.onCompleted((_request, _reply, status) => void statuses.push(status)))
  app.get('/', async () => 'ok')
  await fetch(await listen())
  await app.close()
  t.same(statuses, [200])
})

t.test('access-log alone tells what was asked, by its route', async t => {
  const lines: string[] = []
  const stream = { write: (line: string) => void lines.push(line) }
  const { app, listen } = await alone(t, 'access-log', {}, { logger: { stream } })
  app.get('/things/:id', async () => 'ok')
  await fetch(`${await listen()}/things/7`)
  await app.close()
  const told = lines.map(line => JSON.parse(line)).filter(({ msg }) => msg === 'request')
  t.match(told, [{ method: 'GET', route: '/things/:id', status: 200, trace_id: String }])
})
