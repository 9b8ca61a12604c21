import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import t from 'tap'
import { buildGateway } from '../../app.ts'
import { loadConfig } from '../../config.ts'
import { build, createCall, settings, until } from '../helper.ts'

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
