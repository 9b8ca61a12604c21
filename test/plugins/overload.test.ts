import { setTimeout as delay } from 'node:timers/promises'
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

t.test('a busy gateway that is well sheds nothing', async t => {
  const gateway = await buildOverload(t, {})
  await delay(300)
  t.equal((await gateway.inject('/work')).statusCode, 200)
})

t.test('bad options keep it from starting', async t => {
  await t.rejects(buildOverload(t, { maxEventLoopDelayMs: 0 }), { code: 'SLUICE_ERR_OPTION_INVALID' })
  await t.rejects(buildOverload(t, { maxMemoryRatio: 2 }), { message: /maxMemoryRatio/ })
})
