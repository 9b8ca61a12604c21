import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { getHeapStatistics } from 'node:v8'
import Fastify from 'fastify'
import t from 'tap'
import { publicPolicy } from '../../lib/policies/route-policy.ts'
import { startTelemetry } from '../../lib/telemetry/start.ts'
import completion from '../../plugins/completion.ts'
import errors from '../../plugins/errors.ts'
import guard from '../../plugins/guard.ts'
import overload, { type OverloadOptions } from '../../plugins/overload.ts'
import tracing from '../../plugins/tracing.ts'
import { build, type Test, until } from '../helper.ts'
import { exchange, requestBytes } from '../raw-client.ts'

/** A gateway that sheds load, and nothing else, on a free port. */
async function start(t: Test, options: OverloadOptions) {
  const gateway = Fastify({ http: { requireHostHeader: false } })
  gateway.register(completion).register(tracing).register(errors).register(guard).register(overload, options)
  const config = { policy: publicPolicy }
  let served = 0
  gateway.register(async scope => {
    scope.get('/work', { config }, async () => ({ done: ++served }))
    scope.get('/slow', { config }, () => new Promise(() => {}))
    scope.get('/health', { config: { ...config, pressureHandler: () => {} } }, async () => ({ status: 'ok' }))
  })
  t.teardown(() => gateway.close())
  const url = await gateway.listen({ host: '127.0.0.1', port: 0 })
  async function ask(path: string, signal?: AbortSignal) {
    const response = await fetch(`${url}${path}`, signal === undefined ? {} : { signal })
    return { status: response.status, headers: response.headers, body: await response.json() }
  }
  const isShed = async () => {
    await delay(20)
    return (await ask('/work')).status === 503
  }
  return { gateway, url, ask, isShed, served: () => served }
}

t.test('while the event loop lags, requests are shed with 503 and Retry-After; health answers', async t => {
  // Any delay is more than this.
  const { ask, isShed } = await start(t, { maxEventLoopDelayMs: Number.MIN_VALUE })
  await until(isShed)
  const answer = await ask('/work')
  t.match(answer.body, {
    error: 'service temporarily unavailable',
    code: 'UNAVAILABLE',
    reason: 'OVERLOADED'
  })
  t.equal(answer.headers.get('retry-after'), '1')
  t.equal((await ask('/health')).status, 200)
})

t.test('an event loop that is blocked again and again sheds what comes, and serves when it is free', async t => {
  const { ask } = await start(t, {})
  const statuses: Promise<number>[] = []
  let sheds = false
  function block() {
    const end = performance.now() + 500
    while (performance.now() < end);
    if (sheds) return
    const asked = ask('/work').then(({ status }) => {
      sheds ||= status === 503
      return status
    })
    statuses.push(asked)
    // What has come is read and answered, and then it is blocked again.
    setTimeout(block, 5)
  }
  block()
  await until(() => sheds)
  for (const status of await Promise.all(statuses)) t.ok(status === 200 || status === 503)
  t.equal((await ask('/health')).status, 200)
  await until(async () => (await ask('/work')).status === 200)
})

t.test('while memory is short, requests are shed; health answers', async t => {
  const { ask, isShed } = await start(t, { maxMemoryRatio: 1e-9 })
  await until(isShed)
  t.equal((await ask('/work')).status, 503)
  t.equal((await ask('/health')).status, 200)
})

t.test('while it is strained, requests are served, and each connection ends with its answer', async t => {
  // What is used of the heap is above 80 % of this, and below it.
  const { heapUsed } = process.memoryUsage()
  const ratio = (heapUsed * 1.1) / getHeapStatistics().heap_size_limit
  const { ask } = await start(t, { maxMemoryRatio: ratio, maxEventLoopDelayMs: 1e6 })
  await until(async () => {
    await delay(20)
    const { status, headers } = await ask('/work')
    return status === 200 && headers.get('connection') === 'close'
  })
})

t.test('so many requests may be under way, and more are shed; health answers', async t => {
  const { ask } = await start(t, { maxInFlight: 5, maxEventLoopDelayMs: 1e6 })
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

t.test('requests that were refused before are not under way, and make no room for others', async t => {
  const { url, ask } = await start(t, { maxInFlight: 5, maxEventLoopDelayMs: 1e6 })
  for (let count = 0; count < 20; count++) {
    const [answer] = await exchange(url, requestBytes(['GET /work HTTP/1.1', 'Host: other.test']))
    t.equal(answer?.status, 400)
  }
  const controllers = Array.from({ length: 5 }, () => new AbortController())
  const slow = Promise.allSettled(controllers.map(({ signal }) => ask('/slow', signal)))
  await until(async () => (await ask('/work')).status === 503)
  for (const controller of controllers) controller.abort()
  await slow
})

t.test('a connection has so many requests under way; one more ends it, and what is behind is not served', async t => {
  const { url, served } = await start(t, { maxEventLoopDelayMs: 1e6 })
  const answers = await exchange(url, requestBytes(['GET /work HTTP/1.1']).repeat(500))
  t.same(
    answers.map(({ status }) => status),
    [...Array(32).fill(200), 429]
  )
  t.match(answers.at(-1), { headers: { connection: 'close' }, body: { reason: 'PIPELINE_TOO_LONG' } })
  t.equal(served(), 32)
})

t.test('requests that wait for each other are as many as they like', async t => {
  const { url } = await start(t, { maxPipelined: 2 })
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  t.teardown(() => socket.destroy())
  let text = ''
  socket.setEncoding('latin1').on('data', data => {
    text += data
  })
  for (let count = 1; count <= 10; count++) {
    socket.write(requestBytes(['GET /work HTTP/1.1']).repeat(2))
    await until(() => (text.match(/HTTP\/1\.1 200/g)?.length ?? 0) === 2 * count)
  }
  t.pass()
})

t.test('a busy gateway that is well sheds nothing', async t => {
  const { ask } = await start(t, {})
  await delay(300)
  t.equal((await ask('/work')).status, 200)
})

t.test(
  '/ready says that load is shed, so that balancers send it elsewhere; /health and the metrics answer',
  async t => {
    const telemetry = await startTelemetry({ endpoint: '', scrape: true, serviceName: 'a', serviceVersion: '1.2.3' })
    t.teardown(() => telemetry.shutdown())
    const { gateway, call } = await build(t, { ADMIN_PORT: '0' })
    t.match(await call('GET', '/ready'), { status: 200, body: { status: 'ready' } })
    const { memoryUsage } = gateway
    gateway.memoryUsage = () => ({ ...memoryUsage(), heapUsed: Number.MAX_SAFE_INTEGER })
    t.match(await call('GET', '/ready'), { status: 503, body: { status: 'overloaded' } })
    t.equal((await call('GET', '/health')).status, 200)
    const { port } = gateway.admin.server.address() as { port: number }
    t.equal((await fetch(`http://127.0.0.1:${port}/metrics`)).status, 200)
    gateway.memoryUsage = memoryUsage
    t.equal((await call('GET', '/ready')).status, 200)
  }
)

t.test('bad options keep it from starting', async t => {
  await t.rejects(start(t, { maxEventLoopDelayMs: 0 }), { code: 'SLUICE_ERR_OPTION_INVALID' })
  await t.rejects(start(t, { maxMemoryRatio: 2 }), { message: /maxMemoryRatio/ })
  await t.rejects(start(t, { maxInFlight: 0 }), { message: /maxInFlight/ })
  await t.rejects(start(t, { maxPipelined: 0 }), { message: /maxPipelined/ })
})
