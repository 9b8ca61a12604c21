import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import Fastify from 'fastify'
import t from 'tap'
import { buildGateway } from '../../app.ts'
import { loadConfig } from '../../config.ts'
import admin, { type AdminOptions } from '../../plugins/admin.ts'
import completion from '../../plugins/completion.ts'
import errors from '../../plugins/errors.ts'
import tracing from '../../plugins/tracing.ts'
import { build, createCall, secret, settings, until } from '../helper.ts'

/** A gateway whose operators may ask it, and how they do. */
async function buildWithAdmin(t: Parameters<typeof build>[0], env: NodeJS.ProcessEnv = {}) {
  const built = await build(t, { ADMIN_PORT: '0', ...env })
  const { port } = built.gateway.admin.server.address() as AddressInfo
  return { ...built, ask: createCall(`http://127.0.0.1:${port}`) }
}

t.test('GET /upstreams tells how every upstream is', async t => {
  const { call, ask, gateway, upstream } = await buildWithAdmin(t, { ORDER_SERVICE_URL: 'http://127.0.0.1:1' })
  await call('GET', '/api/v1/categories')
  await call('GET', '/ready')
  await until(() => gateway.upstreams.product!.state().endpoints[0]?.health === 'serving')
  const { status, body } = await ask('GET', '/upstreams')
  t.equal(status, 200)
  const of = (wanted: string) => body.upstreams.find(({ name }: { name: string }) => name === wanted)
  t.match(of('product'), {
    target: upstream.url,
    waiting: 0,
    resolveError: null,
    circuit: 'closed',
    calls: { inFlight: 0, waiting: 0 },
    streams: { open: 0 },
    endpoints: [
      {
        address: new URL(upstream.url).host,
        connection: 'ready',
        health: 'serving',
        inFlight: 0,
        failures: 0,
        ejectedUntil: null,
        lastError: null
      }
    ]
  })
  t.match(of('order').endpoints, [{ connection: 'backoff', health: 'unknown', lastError: /ECONNREFUSED/ }])
})

t.test('what is not there is told as everywhere', async t => {
  const { ask } = await buildWithAdmin(t)
  const { status, body } = await ask('GET', '/api/v1/categories')
  t.match([status, body.code, body.reason], [404, 'NOT_FOUND', 'ROUTE_NOT_FOUND'])
  t.ok(body.request_id)
  t.equal((await ask('GET', '/%zz')).status, 400)
})

t.test('clients do not reach it', async t => {
  const { call } = await buildWithAdmin(t)
  t.equal((await call('GET', '/upstreams')).status, 404)
})

t.test('without ADMIN_PORT nothing listens', async t => {
  const { gateway } = await build(t)
  t.notOk(gateway.hasDecorator('admin'))
})

t.test('a port that is taken keeps the gateway from starting', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  t.teardown(() => other.close())
  const { port } = other.address() as AddressInfo
  const gateway = buildGateway(loadConfig({ ...settings('http://127.0.0.1:1'), ADMIN_PORT: String(port) }))
  t.teardown(() => gateway.close())
  await t.rejects(async () => gateway.ready(), {
    code: 'SLUICE_ERR_LISTEN_FAILED',
    message: `cannot listen on 127.0.0.1 port ${port}: it is taken`
  })
})

t.test('GET /routes tells every route, its policy, and which rules meet', async t => {
  const { ask } = await buildWithAdmin(t)
  const { body } = await ask('GET', '/routes')
  const of = (method: string, template: string) =>
    body.routes.find((row: { method: string; template: string }) => row.method === method && row.template === template)
  t.match(of('POST', '/api/v1/orders'), {
    rpc: 'shop.order.v1.OrderService.CreateOrder',
    upstream: 'order',
    access: 'user'
  })
  t.match(of('GET', '/health'), { rpc: null, access: 'public' })
  t.same(body.unreachable, [])
})

t.test('GET /limits tells every limit, and where it is counted', async t => {
  const { ask } = await buildWithAdmin(t, { RATE_LIMIT_RPS: '7' })
  const { body } = await ask('GET', '/limits')
  t.match(body.limits[0], { name: 'address', rate: 7, store: 'memory' })
})

t.test('GET /config tells the settings, and no secret', async t => {
  const { ask } = await buildWithAdmin(t, { RATE_LIMIT_RPS: '7' })
  const { body, text } = await ask('GET', '/config')
  t.match(body.config, { RATE_LIMIT_RPS: 7, JWT_SECRET: '***' })
  t.notOk(text.includes(secret))
})

t.test('the level of the log may be changed', async t => {
  const { ask, gateway } = await buildWithAdmin(t)
  t.same((await ask('GET', '/log-level')).body, { level: 'silent' })
  t.same((await ask('PUT', '/log-level', { body: { level: 'fatal' } })).body, { level: 'fatal' })
  t.equal(gateway.log.level, 'fatal')
  for (const body of [{ level: 'loud' }, { level: 7 }, {}, '[]', 'null']) {
    const answer = await ask('PUT', '/log-level', { body })
    t.match({ status: answer.status, ...answer.body }, { status: 400, reason: 'LOG_LEVEL_INVALID' })
  }
  const plain = { body: 'level=debug', headers: { 'content-type': 'text/plain' } }
  t.equal((await ask('PUT', '/log-level', plain)).status, 415, 'as a page of a stranger could send it')
  t.equal(gateway.log.level, 'fatal')
})

t.test('bad options keep the application from starting', async t => {
  const bad: [AdminOptions, RegExp][] = [
    [{ port: 65_536 }, /^admin: port /],
    [{ port: 1.5 }, /^admin: port /],
    [{ port: 0, timeoutMs: 0 }, /^admin: timeoutMs /]
  ]
  for (const [options, message] of bad) {
    const app = Fastify()
    t.teardown(() => app.close())
    app.register(completion).register(tracing).register(errors).register(admin, options)
    await t.rejects(async () => app.ready(), { code: 'SLUICE_ERR_OPTION_INVALID', message })
  }
})
