import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { get } from 'node:http'
import { createInterface } from 'node:readline'
import t from 'tap'
import { freePort } from './backends/redis.ts'
import { settings, startUpstream, type Test, until } from './helper.ts'

const serverFile = new URL('../server.ts', import.meta.url).pathname
const path = '/api/v1/categories'

/** A gateway of two processes. */
async function start(t: Test, env: NodeJS.ProcessEnv = {}, shop = {}) {
  const upstream = await startUpstream(t, shop)
  const port = await freePort()
  const child = spawn(process.execPath, [serverFile], {
    env: {
      PATH: process.env.PATH,
      ...settings(upstream.url),
      LOG_LEVEL: 'info',
      PORT: String(port),
      WORKERS: '2',
      ...env
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc']
  })
  t.teardown(() => child.kill('SIGKILL'))
  const lines: { msg: string; pid: number }[] = []
  createInterface({ input: child.stdout! }).on('line', line => lines.push(JSON.parse(line)))
  let stderr = ''
  child.stderr?.on('data', data => {
    stderr += data
  })
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal, stderr }))
  await Promise.race([once(child, 'message'), exited])
  return { child, lines, exited, upstream, url: `http://127.0.0.1:${port}` }
}

/** The status of a request on a connection of its own. */
function ask(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(`${url}${path}`, { agent: false, timeout: 20_000 }, response => {
      response.resume()
      response.once('end', () => resolve(response.statusCode!))
    })
      .once('error', reject)
      .once('timeout', () => reject(new Error('no answer')))
  })
}

/** The processes that have answered requests. */
const workersIn = (lines: { msg: string; pid: number }[]) =>
  new Set(lines.filter(({ msg }) => msg === 'request').map(({ pid }) => pid))

t.test('connections are spread over the processes', async t => {
  const { url, lines, child } = await start(t)
  for (let count = 0; count < 8; count++) t.equal(await ask(url), 200)
  await until(() => workersIn(lines).size === 2)
  t.notOk(workersIn(lines).has(child.pid!), 'the first process serves none')
})

t.test('they count together: no more pass than the limit says, and no fewer', async t => {
  const { url } = await start(t, { RATE_LIMIT_RPS: '0.001', RATE_LIMIT_BURST: '7' })
  const statuses = await Promise.all(Array.from({ length: 20 }, () => ask(url)))
  t.equal(statuses.filter(status => status === 200).length, 7)
  t.equal(statuses.filter(status => status === 429).length, 13)
})

t.test('a process that dies is replaced', async t => {
  const { url, lines } = await start(t)
  for (let count = 0; count < 8; count++) await ask(url)
  await until(() => workersIn(lines).size === 2)
  const [first] = workersIn(lines)
  process.kill(first!, 'SIGKILL')
  await until(() => lines.some(({ msg }) => msg === 'a worker ended, and is replaced'))
  await until(async () => {
    // A connection that was on its way to the process that died is lost.
    await ask(url).catch(() => {})
    return workersIn(lines).size === 3
  })
})

t.test('SIGTERM: what is in flight finishes in all of them, exit 0', async t => {
  const held: (() => void)[] = []
  const listCategories = async () => {
    await new Promise<void>(resolve => held.push(resolve))
    return {}
  }
  const { url, child, exited } = await start(t, { DRAIN_DELAY_MS: '100' }, { product: { listCategories } })
  const answers = [ask(url), ask(url), ask(url), ask(url)]
  await until(() => held.length === 4)
  child.kill('SIGTERM')
  await until(() =>
    fetch(`${url}/health`).then(
      () => false,
      () => true
    )
  )
  for (const release of held) release()
  t.same(await Promise.all(answers), [200, 200, 200, 200])
  t.match(await exited, { code: 0, stderr: '' })
})

t.test('a second signal ends all of them at once', async t => {
  const { url, child, exited } = await start(t, { DRAIN_DELAY_MS: '60000' })
  child.kill('SIGTERM')
  await until(async () => (await fetch(`${url}/ready`)).status === 503)
  child.kill('SIGTERM')
  t.match(await exited, { code: 143 })
  await t.rejects(ask(url))
})

t.test('what keeps a gateway from starting is told once or more, and all end', async t => {
  const { exited } = await start(t, { PORT: '1', HOST: '192.0.2.1' })
  const { code, stderr } = await exited
  t.equal(code, 1)
  t.match(stderr, /^sluice: cannot listen on 192\.0\.2\.1 port 1/)
})
