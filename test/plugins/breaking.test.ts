import { Code, ConnectError } from '@connectrpc/connect'
import Fastify from 'fastify'
import t from 'tap'
import breaking, { type BreakingOptions } from '../../plugins/breaking.ts'
import completion from '../../plugins/completion.ts'
import errors from '../../plugins/errors.ts'
import metrics from '../../plugins/metrics.ts'
import tracing from '../../plugins/tracing.ts'
import { build, hang, signToken, until } from '../helper.ts'

const list = '/api/v1/categories'

t.test('a service that is down: 503, and after three calls it is left alone', async t => {
  const { call, upstream } = await build(t)
  await upstream.stop()
  const answers = []
  for (let count = 0; count < 4; count++) answers.push(await call('GET', list))
  t.same(
    answers.map(({ status, body }) => [status, body.error, body.reason]),
    [
      [503, 'service temporarily unavailable', 'UPSTREAM_UNAVAILABLE'],
      [503, 'service temporarily unavailable', 'UPSTREAM_UNAVAILABLE'],
      [503, 'service temporarily unavailable', 'UPSTREAM_UNAVAILABLE'],
      [503, 'service temporarily unavailable', 'CIRCUIT_OPEN']
    ]
  )
  t.equal(answers[3]?.headers.get('retry-after'), '10')
})

t.test('a call that comes while a service restarts is answered when it is back', async t => {
  const { call, upstream } = await build(t, { UPSTREAM_WAIT_FOR_READY_MS: '5000' })
  await call('GET', list)
  await upstream.stop()
  const waiting = call('GET', list)
  await upstream.start()
  t.equal((await waiting).status, 200)
})

t.test('an open circuit closes again after the service returned', async t => {
  const { call, upstream } = await build(t, { BREAKER_OPEN_MS: '50' })
  await upstream.stop()
  for (let count = 0; count < 3; count++) await call('GET', list)
  await upstream.start()
  await until(async () => (await call('GET', list)).status === 200)
  for (let count = 0; count < 5; count++) t.equal((await call('GET', list)).status, 200)
})

t.test('the circuit of one service is not that of another', async t => {
  const { call } = await build(t, { ORDER_SERVICE_URL: 'http://127.0.0.1:1' })
  const token = await signToken()
  for (let count = 0; count < 4; count++) await call('GET', '/api/v1/orders', { token })
  t.equal((await call('GET', list)).status, 200)
})

t.test('refusals of a service never open its circuit', async t => {
  const { call } = await build(
    t,
    {},
    {
      product: {
        listCategories() {
          throw new ConnectError('no', Code.FailedPrecondition)
        }
      }
    }
  )
  for (let count = 0; count < 20; count++) t.equal((await call('GET', list)).status, 400)
})

t.test('failures inside a service do', async t => {
  const { call } = await build(
    t,
    {},
    {
      product: {
        listCategories() {
          throw new ConnectError('broken', Code.Internal)
        }
      }
    }
  )
  const statuses = []
  for (let count = 0; count < 4; count++) statuses.push((await call('GET', list)).status)
  t.same(statuses, [500, 500, 500, 503])
})

t.test('clients that go away say nothing about a service', async t => {
  let hanging = true
  const { call, upstream } = await build(
    t,
    {},
    {
      product: { listCategories: (request, context) => (hanging ? hang(request, context) : {}) }
    }
  )
  for (let count = 1; count <= 5; count++) {
    const controller = new AbortController()
    const gone = t.rejects(call('GET', list, { signal: controller.signal }))
    await until(() => upstream.calls.length === count)
    controller.abort()
    await gone
    await until(() => upstream.calls.every(({ signal }) => signal.aborted))
  }
  hanging = false
  t.equal((await call('GET', list)).status, 200)
})

const senseless: Partial<BreakingOptions>[] = [
  { windowMs: 0 },
  { windowMs: Number.NaN },
  { minCalls: 0 },
  { minCalls: 1.5 },
  { failureRatio: 0 },
  { failureRatio: 1.1 },
  { openMs: 0 },
  { maxOpenMs: 0 },
  { maxOpenMs: Number.NaN },
  { probes: 0 }
]

for (const options of senseless) {
  const [[name, value] = []] = Object.entries(options)
  t.test(`${name} of ${value} keeps the gateway from starting`, async t => {
    const gateway = Fastify()
    t.teardown(() => gateway.close())
    gateway.register(completion).register(tracing).register(errors).register(metrics)
    const sound = { windowMs: 1_000, minCalls: 3, failureRatio: 1, openMs: 1_000, probes: 1 }
    gateway.register(breaking, { ...sound, ...options })
    const message = new RegExp(`^breaking: ${name} `)
    await t.rejects(async () => gateway.ready(), { code: 'SLUICE_ERR_OPTION_INVALID', message })
  })
}
