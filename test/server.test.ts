import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { Code, ConnectError, type HandlerContext } from '@connectrpc/connect'
import t from 'tap'
import { hang, settings, signToken, type Test, until } from './helper.ts'
import { startIssuer } from './plugins/auth/issuer.ts'
import { spawnServer, startServer } from './server-process.ts'

t.test('one line is logged per request, without a path, a query or a token', async t => {
  const { call, lines } = await startServer(t)
  const token = await signToken()
  const { headers } = await call('GET', '/api/v1/orders/secret-order?hint=shhh', { token })
  await until(() => lines.some(({ msg }) => msg === 'request'))
  const [line] = lines.filter(({ msg }) => msg === 'request')
  t.match(line, {
    request_id: headers.get('x-request-id'),
    trace_id: /^[0-9a-f]{32}$/,
    method: 'GET',
    route: '/api/v1/orders/{order_id}',
    status: 400,
    reason: 'UNKNOWN_FIELD',
    ms: Number
  })
  t.notMatch(JSON.stringify(lines), /secret-order|shhh/)
  t.notOk(JSON.stringify(lines).includes(token))
})

t.test('what broke inside is logged with the request id that the client got', async t => {
  const { call, lines } = await startServer(
    t,
    {},
    { product: { listCategories: () => Promise.reject(new Error('boom')) } }
  )
  const { body } = await call('GET', '/api/v1/categories')
  await until(() => lines.some(({ msg }) => msg === 'request failed'))
  t.match(
    lines.find(({ msg }) => msg === 'request failed'),
    { request_id: body.request_id, level: 50 }
  )
})

t.test('SIGTERM: not ready, connections end, requests in flight finish, exit 0', async t => {
  let release: (value: object) => void = () => {}
  const listCategories = () =>
    new Promise(resolve => {
      release = resolve
    })
  const { child, call, exited, upstream } = await startServer(
    t,
    { DRAIN_DELAY_MS: '300' },
    { product: { listCategories } }
  )
  const inFlight = call('GET', '/api/v1/categories')
  await until(() => upstream.calls.length === 1)
  child.kill('SIGTERM')
  await until(async () => (await call('GET', '/ready')).status === 503)
  const late = await call('GET', '/health')
  t.equal(late.status, 200, 'a request that comes while it drains is served')
  t.equal(late.headers.get('connection'), 'close')
  await until(() =>
    call('GET', '/health').then(
      () => false,
      () => true
    )
  )
  release({})
  t.equal((await inFlight).status, 200)
  t.match(await exited, { code: 0, stderr: '' })
})

t.test('a request that does not finish in time is told so, and does not keep the process', async t => {
  const env = { DRAIN_DELAY_MS: '0', DRAIN_TIMEOUT_MS: '50' }
  const { child, call, exited, upstream } = await startServer(t, env, { product: { listCategories: hang } })
  const inFlight = call('GET', '/api/v1/categories')
  await until(() => upstream.calls.length === 1)
  child.kill('SIGTERM')
  const { status, headers, body } = await inFlight
  t.match({ status, ...body }, { status: 503, reason: 'SHUTTING_DOWN', code: 'UNAVAILABLE' })
  t.equal(headers.get('connection'), 'close')
  await until(() => upstream.calls[0]?.signal.aborted === true)
  t.match(await exited, { code: 0 })
})

t.test('a second signal exits at once', async t => {
  const { child, call, exited } = await startServer(t, { DRAIN_DELAY_MS: '60000' })
  child.kill('SIGINT')
  await until(async () => (await call('GET', '/ready')).status === 503)
  child.kill('SIGINT')
  t.match(await exited, { code: 130 })
})

/** What passes for a Redis until it hangs. */
async function startRedisThatHangs(t: Test) {
  const sockets: Socket[] = []
  const redis = { url: '', hangs: false }
  const server = createServer(socket => {
    sockets.push(socket.on('error', () => {}))
    socket.on('data', () => !redis.hangs && socket.write('+OK\r\n'))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  redis.url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
  return redis
}

t.test('what others do not answer does not keep the process: keys, Redis, a trial of an open circuit', async t => {
  const [redis, issuer] = [await startRedisThatHangs(t), await startIssuer(t)]
  let listCategories: (request: unknown, context: HandlerContext) => never | Promise<never> = () => {
    throw new ConnectError('away', Code.Unavailable)
  }
  issuer.isDown = true
  const env = {
    DRAIN_DELAY_MS: '0',
    DRAIN_TIMEOUT_MS: '300',
    UPSTREAM_TIMEOUT_MS: '600000',
    UPSTREAM_MAX_ATTEMPTS: '1',
    BREAKER_OPEN_MS: '1',
    RATE_LIMIT_BURST: '100000',
    RATE_LIMIT_REDIS_URL: redis.url,
    JWT_JWKS_URL: issuer.url
  }
  const shop = { product: { listCategories: (...call: [unknown, HandlerContext]) => listCategories(...call) } }
  const { child, call, exited, upstream } = await startServer(t, env, shop)
  for (let count = 0; count < 3; count++) t.equal((await call('GET', '/api/v1/categories')).status, 503)
  redis.hangs = true
  issuer.answer = () => {}
  listCategories = hang
  const trial = call('GET', '/api/v1/categories')
  await until(() => upstream.calls.length === 4)
  const asked = issuer.asked
  const token = await signToken()
  const waiting: ReturnType<typeof call>[] = []
  // While it has no keys it asks for them once a second.
  await until(() => {
    waiting.push(call('GET', '/api/v1/users/me', { token }))
    return issuer.asked > asked
  })
  child.kill('SIGTERM')
  t.match(await trial, { status: 503, body: { reason: 'SHUTTING_DOWN' } })
  for (const { status } of await Promise.all(waiting)) t.equal(status, 503)
  t.match(await exited, { code: 0, stderr: '' })
})

t.test('a bad setting: one line that names it, exit 1', async t => {
  const { exited } = spawnServer(t, { PATH: process.env.PATH, PORT: 'eighty' })
  t.same(await exited, {
    code: 1,
    signal: null,
    stderr: 'sluice: PORT must be a whole number from 0 to 65535; JWT_SECRET is not set\n'
  })
})

t.test('a taken port: one line, exit 1', async t => {
  const holder = createServer().listen(0, '127.0.0.1')
  await once(holder, 'listening')
  t.teardown(() => holder.close())
  const { port } = holder.address() as { port: number }
  const { exited } = spawnServer(t, { PATH: process.env.PATH, ...settings('http://127.0.0.1:1'), PORT: String(port) })
  t.match(await exited, { code: 1, stderr: `sluice: cannot listen on 127.0.0.1 port ${port}: it is taken\n` })
})
