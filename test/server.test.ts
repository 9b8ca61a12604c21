import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import t from 'tap'
import { createCall, hang, settings, signToken, startUpstream, type Test, until } from './helper.ts'

const serverFile = new URL('../server.ts', import.meta.url).pathname

/** The gateway as a process of its own. */
function spawnServer(t: Test, env: NodeJS.ProcessEnv) {
  const child = spawn(process.execPath, [serverFile], { env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  t.teardown(() => child.kill('SIGKILL'))
  const lines: Record<string, unknown>[] = []
  let stderr = ''
  createInterface({ input: child.stdout! }).on('line', line => lines.push(JSON.parse(line)))
  child.stderr?.on('data', data => {
    stderr += data
  })
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal, stderr }))
  return { child, lines, exited }
}

type Tap = Test & Pick<typeof t, 'equal'>

/** A gateway process that takes requests, before a fake shop. */
async function startServer(t: Tap, env: NodeJS.ProcessEnv = {}, shop = {}) {
  const upstream = await startUpstream(t, shop)
  const server = spawnServer(t, { PATH: process.env.PATH, ...settings(upstream.url), LOG_LEVEL: 'info', ...env })
  t.equal((await once(server.child, 'message'))[0], 'ready')
  // The message and the log come by different ways.
  const listening = () => server.lines.find(({ msg }) => String(msg).startsWith('Server listening at '))
  await until(() => listening() !== undefined)
  const url = String(listening()?.msg).replace('Server listening at ', '')
  return { ...server, url, upstream, call: createCall(url) }
}

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
