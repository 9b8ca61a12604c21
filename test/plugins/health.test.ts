import Fastify from 'fastify'
import t from 'tap'
import { HealthCheckResponse_ServingStatus as ServingStatus } from '../../gen/grpc/health/v1/health_pb.ts'
import completion from '../../plugins/completion.ts'
import drain from '../../plugins/drain.ts'
import errors from '../../plugins/errors.ts'
import health from '../../plugins/health.ts'
import tracing from '../../plugins/tracing.ts'
import { build, hang } from '../helper.ts'

t.test('/health is 200 whatever the services do', async t => {
  const { call, upstream } = await build(t)
  await upstream.stop()
  const { status, body } = await call('GET', '/health')
  t.equal(status, 200)
  t.same(body, { status: 'ok' })
})

t.test('/ready is 200 while all services serve', async t => {
  const { call } = await build(t)
  const { status, body } = await call('GET', '/ready')
  t.equal(status, 200)
  const serving = 'serving'
  t.same(body, {
    status: 'ready',
    upstreams: { user: serving, product: serving, order: serving, payment: serving, inventory: serving }
  })
})

t.test('one service that is down is named at once, however long calls wait for it, and /ready stays 200', async t => {
  const down = { ORDER_SERVICE_URL: 'http://127.0.0.1:1', UPSTREAM_WAIT_FOR_READY_MS: '600000' }
  const { call } = await build(t, { ...down, HEALTH_TIMEOUT_MS: '600000' })
  const { status, body } = await call('GET', '/ready')
  t.equal(status, 200)
  t.match(body, { status: 'ready', upstreams: { order: 'unreachable', user: 'serving' } })
})

t.test('a service may say itself that it does not serve', async t => {
  const { call } = await build(t, {}, { health: { check: () => ({ status: ServingStatus.NOT_SERVING }) } })
  const { status, body } = await call('GET', '/ready')
  t.equal(status, 503)
  t.match(body, { status: 'not ready', upstreams: { order: 'not serving' } })
})

t.test('a service that does not answer is given up after HEALTH_TIMEOUT_MS', async t => {
  const { call } = await build(t, { HEALTH_TIMEOUT_MS: '30' }, { health: { check: hang } })
  const { status, body } = await call('GET', '/ready')
  t.equal(status, 503)
  t.equal(body.upstreams.user, 'unreachable')
})

t.test('many probes at once are one question to the services', async t => {
  const { call, upstream } = await build(t, { UPSTREAM_HEALTH: 'off' })
  await Promise.all(Array.from({ length: 10 }, () => call('GET', '/ready')))
  t.equal(upstream.healthCalls.length, 5)
})

t.test('while it drains, the gateway is not ready and ends connections, but still answers', async t => {
  const { call, gateway } = await build(t)
  gateway.drain()
  const ready = await call('GET', '/ready')
  t.equal(ready.status, 503)
  t.equal(ready.body.status, 'draining')
  const { status, headers } = await call('GET', '/api/v1/categories')
  t.equal(status, 200)
  t.equal(headers.get('connection'), 'close')
})

t.test('bad options keep the application from starting', async t => {
  for (const name of ['timeoutMs', 'cacheMs']) {
    const app = Fastify()
    t.teardown(() => app.close())
    app.register(completion).register(tracing).register(errors).register(drain)
    app.register(health, { [name]: -1 })
    const message = new RegExp(`^health: ${name} `)
    await t.rejects(async () => app.ready(), { code: 'SLUICE_ERR_OPTION_INVALID', message })
  }
})
