import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import Fastify from 'fastify'
import t from 'tap'
import { publicPolicy } from '../../lib/policies/route-policy.ts'
import completion from '../../plugins/completion.ts'
import errors from '../../plugins/errors.ts'
import overload, { type OverloadOptions } from '../../plugins/overload.ts'
import tracing from '../../plugins/tracing.ts'
import { until } from '../helper.ts'

async function buildOverload(t: Tap, options: OverloadOptions) {
  const gateway = Fastify()
  gateway.register(completion).register(tracing).register(errors).register(overload, options)
  const config = { policy: publicPolicy }
  gateway.register(async scope => {
    scope.get('/work', { config }, async () => ({ done: true }))
    scope.get('/slow', { config }, () => new Promise(() => {}))
    scope.get('/health', { config: { ...config, pressureHandler: () => {} } }, async () => ({ status: 'ok' }))
  })
  t.teardown(() => gateway.close())
  await gateway.ready()
  return gateway
}

type Tap = Pick<typeof t, 'teardown'>

t.test('while the event loop lags, requests are shed with 503 and Retry-After; health answers', async t => {
  // Any delay is more than this.
  const gateway = await buildOverload(t, { maxEventLoopDelayMs: Number.MIN_VALUE })
  await until(async () => {
    await delay(20)
    return (await gateway.inject('/work')).statusCode === 503
  })
  const { headers, body } = await gateway.inject('/work')
  t.match(JSON.parse(body), { error: 'service temporarily unavailable', code: 'UNAVAILABLE', reason: 'OVERLOADED' })
  t.equal(headers['retry-after'], '1')
  t.equal((await gateway.inject('/health')).statusCode, 200)
})

t.test('while memory is short, requests are shed', async t => {
  const gateway = await buildOverload(t, { maxMemoryRatio: 1e-9 })
  await until(async () => {
    await delay(20)
    return (await gateway.inject('/work')).statusCode === 503
  })
  t.equal((await gateway.inject('/work')).statusCode, 503)
})

t.test('while it is strained, requests are served, and each connection ends with its answer', async t => {
  // What is used of the heap is above 80 % of this, and below it.
  const { heapUsed } = process.memoryUsage()
  const ratio = (heapUsed * 1.1) / getHeapStatistics().heap_size_limit
  const gateway = await buildOverload(t, { maxMemoryRatio: ratio, maxEventLoopDelayMs: 1e6 })
  await until(async () => {
    await delay(20)
    return (await gateway.inject('/work')).headers.connection === 'close'
  })
})

t.test('so many requests may be under way, and more are shed; health answers', async t => {
  const gateway = await buildOverload(t, { maxInFlight: 5, maxEventLoopDelayMs: 1e6 })
  await gateway.listen({ host: '127.0.0.1', port: 0 })
  const { port } = gateway.server.address() as AddressInfo
  const ask = (path: string, signal?: AbortSignal) =>
    fetch(`http://127.0.0.1:${port}${path}`, signal === undefined ? {} : { signal })
  t.equal((await ask('/work')).headers.get('connection'), 'keep-alive')
  const controllers = Array.from({ length: 5 }, () => new AbortController())
  const slow = Promise.allSettled(controllers.map(({ signal }) => ask('/slow', signal)))
  await until(async () => (await ask('/work')).status === 503)
  t.equal((await ask('/health')).status, 200)
  controllers[0]!.abort()
  await until(async () => (await ask('/work')).status === 200)
  t.equal((await ask('/work')).headers.get('connection'), 'close', 'it is strained still')
  for (const controller of controllers) controller.abort()
  await slow
  await until(async () => (await ask('/work')).headers.get('connection') === 'keep-alive')
})

t.test('a busy gateway that is well sheds nothing', async t => {
  const gateway = await buildOverload(t, {})
  await delay(300)
  t.equal((await gateway.inject('/work')).statusCode, 200)
})

t.test('bad options keep it from starting', async t => {
  await t.rejects(buildOverload(t, { maxEventLoopDelayMs: 0 }), { code: 'SLUICE_ERR_OPTION_INVALID' })
  await t.rejects(buildOverload(t, { maxMemoryRatio: 2 }), { message: /maxMemoryRatio/ })
  await t.rejects(buildOverload(t, { maxInFlight: 0 }), { message: /maxInFlight/ })
})
