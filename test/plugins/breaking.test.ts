import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect'
import Fastify from 'fastify'
import t from 'tap'
import breaking, { type BreakingOptions } from '../../plugins/breaking.ts'
import completion from '../../plugins/completion.ts'
import errors from '../../plugins/errors.ts'
import metrics from '../../plugins/metrics.ts'
import tracing from '../../plugins/tracing.ts'
import { build, hang, signToken, startUpstream, type Test, until } from '../helper.ts'

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

type Answer = (request: unknown, context: HandlerContext) => unknown

/** The service that is down by its own word; `answer` is what it does when it is asked. */
function buildDown(t: Test, answer: Answer, env: NodeJS.ProcessEnv = {}) {
  const alone = { UPSTREAM_MAX_ATTEMPTS: '1', RATE_LIMIT_BURST: '10000' }
  return build(
    t,
    { ...alone, ...env },
    { product: { listCategories: (request, context) => answer(request, context) as never } }
  )
}

const away = () => Promise.reject(new ConnectError('away', Code.Unavailable))

/** Moves the clock of the gateway. @returns how to */
function moveClock(t: Test): (ms: number) => void {
  const { now } = performance
  t.teardown(() => Object.assign(performance, { now }))
  let moved = 0
  Object.assign(performance, { now: () => now.call(performance) + moved })
  return ms => {
    moved += ms
  }
}

t.test('while a circuit is open, not one call reaches the service; each is told when to come back', async t => {
  const { call, upstream } = await buildDown(t, away)
  for (let count = 0; count < 3; count++)
    t.match(await call('GET', list), { status: 503, body: { reason: 'UNAVAILABLE' } })
  const refused = await Promise.all(Array.from({ length: 100 }, () => call('GET', list)))
  for (const { status, headers, body } of refused) {
    t.same([status, body.reason, headers.get('retry-after')], [503, 'CIRCUIT_OPEN', '10'])
  }
  t.equal(upstream.calls.length, 3)
})

t.test('when it may be tried again, three of two hundred requests do, and the others are refused', async t => {
  const { promise: gate, resolve: open } = Promise.withResolvers<object>()
  let answer: Answer = away
  const { call, upstream } = await buildDown(t, (request, context) => answer(request, context))
  const move = moveClock(t)
  for (let count = 0; count < 3; count++) await call('GET', list)
  answer = () => gate
  move(10_001)
  let refusals = 0
  const waiting = Array.from({ length: 200 }, async () => {
    const { status, body } = await call('GET', list)
    if (body.reason === 'CIRCUIT_OPEN') refusals += 1
    return status
  })
  await until(() => refusals === 197)
  open({})
  t.equal((await Promise.all(waiting)).filter(status => status === 200).length, 3)
  t.equal(upstream.calls.length, 6)
  t.equal((await call('GET', list)).status, 200, 'it is closed')
})

t.test('each trial that fails makes the next wait about twice as long', async t => {
  const { call, upstream } = await buildDown(t, away)
  const move = moveClock(t)
  for (let count = 0; count < 3; count++) await call('GET', list)
  const waits: number[] = []
  for (let trial = 0; trial < 4; trial++) {
    const { headers, body } = await call('GET', list)
    t.equal(body.reason, 'CIRCUIT_OPEN')
    waits.push(Number(headers.get('retry-after')))
    move(1_000 * waits[trial]!)
    t.equal((await call('GET', list)).body.reason, 'UNAVAILABLE', 'a trial')
  }
  const [first, ...later] = waits
  t.equal(first, 10)
  for (const [index, expected] of [20, 40, 60].entries()) {
    const wait = later[index]!
    t.ok(wait >= 0.8 * expected && wait <= 1.2 * expected + 1, `${wait} s, about ${expected}`)
  }
  t.equal(upstream.calls.length, 3 + 4)
})

t.test('trials that hang for ever do not keep a circuit from closing', async t => {
  let answer: Answer = away
  const { call, upstream } = await buildDown(t, (request, context) => answer(request, context), {
    UPSTREAM_TIMEOUT_MS: '600000'
  })
  const move = moveClock(t)
  for (let count = 0; count < 3; count++) await call('GET', list)
  answer = hang
  move(10_001)
  const leaving = new AbortController()
  const hanging = Array.from({ length: 3 }, () => call('GET', list, { signal: leaving.signal }))
  await until(() => upstream.calls.length === 6)
  t.equal((await call('GET', list)).body.reason, 'CIRCUIT_OPEN', 'all trials are under way')
  move(10_001)
  t.equal((await call('GET', list)).body.reason, 'CIRCUIT_OPEN', 'none of them came to anything')
  move(24_001)
  answer = () => ({})
  for (let count = 0; count < 5; count++) t.equal((await call('GET', list)).status, 200)
  leaving.abort()
  for (const { status } of await Promise.allSettled(hanging)) t.equal(status, 'rejected')
})

t.test('trials that are too slow open it again', async t => {
  let answer: Answer = away
  const { call } = await buildDown(t, (request, context) => answer(request, context), { UPSTREAM_TIMEOUT_MS: '100' })
  const move = moveClock(t)
  for (let count = 0; count < 3; count++) await call('GET', list)
  answer = hang
  move(10_001)
  t.equal((await call('GET', list)).status, 504)
  const { headers, body } = await call('GET', list)
  t.equal(body.reason, 'CIRCUIT_OPEN')
  t.ok(Number(headers.get('retry-after')) >= 16)
})

const answers: Code[] = [
  Code.InvalidArgument,
  Code.NotFound,
  Code.AlreadyExists,
  Code.PermissionDenied,
  Code.Unauthenticated,
  Code.ResourceExhausted,
  Code.FailedPrecondition,
  Code.Aborted,
  Code.OutOfRange,
  Code.Unimplemented
]
for (const code of answers) {
  t.test(`a service that answers ${Code[code]} is well`, async t => {
    const { call, upstream } = await buildDown(t, () => Promise.reject(new ConnectError('no', code)))
    for (let count = 0; count < 10; count++) t.not((await call('GET', list)).body.reason, 'CIRCUIT_OPEN')
    t.equal(upstream.calls.length, 10)
  })
}

t.test('of three endpoints, the one that fails is left alone, and the circuit of the service stays closed', async t => {
  const bad = await startUpstream(t, { product: { listCategories: away } })
  const good = [await startUpstream(t), await startUpstream(t)]
  const target = [bad, ...good].map(({ url }) => url).join(',')
  const env = { PRODUCT_SERVICE_URL: target, UPSTREAM_MAX_ATTEMPTS: '1' }
  const { call, gateway } = await build(t, env)
  await call('GET', '/ready')
  const endpoints = () => gateway.upstreams.product!.state().endpoints
  await until(() => endpoints().every(({ connection }) => connection === 'ready'))
  await until(async () => {
    const { body } = await call('GET', list)
    t.not(body.reason, 'CIRCUIT_OPEN')
    return endpoints()[0]?.ejectedUntil !== null
  })
  const failed = bad.calls.length
  for (let count = 0; count < 20; count++) t.equal((await call('GET', list)).status, 200)
  t.equal(bad.calls.length, failed)
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
