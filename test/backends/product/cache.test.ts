import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import t from 'tap'
import { createRedisCache } from '../../../backends/product/cache.ts'

const log = pino({ level: 'silent' })
const hasRedis = spawnSync('redis-server', ['--version']).status === 0
const skip = hasRedis ? false : 'redis-server is not installed'
const bytes = Buffer.from([0, 1, 254, 255])

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** A real Redis that ends with the test. */
async function startRedis(test: Pick<typeof t, 'teardown'>): Promise<{ url: string; server: ChildProcess }> {
  const port = await freePort()
  const server = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', ''])
  test.teardown(() => server.kill())
  for await (const line of createInterface({ input: server.stdout })) if (line.includes('Ready to accept')) break
  return { url: `redis://127.0.0.1:${port}`, server }
}

/** Reads until the cache answers: its connection opens in the background. */
async function readUntilCached(read: () => Promise<{ source: string }>) {
  while ((await read()).source !== 'cache') await new Promise(setImmediate)
}

t.test('a product is loaded once and then remembered, until it is forgotten', { skip }, async t => {
  const cache = createRedisCache((await startRedis(t)).url, log)
  t.teardown(() => cache.close())
  await readUntilCached(() => cache.read('one', async () => bytes))
  t.same(await cache.read('one', () => t.fail('must not load') as never), { bytes, source: 'cache' })
  await cache.forget('one')
  t.match(await cache.read('one', async () => bytes), { source: 'database' })
})

t.test('that there is no such product is remembered too', { skip }, async t => {
  const cache = createRedisCache((await startRedis(t)).url, log)
  t.teardown(() => cache.close())
  await readUntilCached(() => cache.read('none', async () => null))
  t.same(await cache.read('none', () => t.fail('must not load') as never), { bytes: null, source: 'cache' })
})

t.test('a Redis that goes away is a miss and never an error', { skip }, async t => {
  const { url, server } = await startRedis(t)
  const cache = createRedisCache(url, log)
  t.teardown(() => cache.close())
  await readUntilCached(() => cache.read('one', async () => bytes))
  server.kill('SIGKILL')
  await once(server, 'exit')
  t.same(await cache.read('one', async () => bytes), { bytes, source: 'database' })
  await cache.forget('one')
})

t.test('without any Redis, callers at the same time share one load', async t => {
  const cache = createRedisCache(`redis://127.0.0.1:${await freePort()}`, log)
  t.teardown(() => cache.close())
  let loads = 0
  async function load() {
    loads += 1
    await new Promise(setImmediate)
    return bytes
  }
  const answers = await Promise.all(Array.from({ length: 20 }, () => cache.read('one', load)))
  t.ok(answers.every(answer => answer.bytes === bytes))
  t.equal(loads, 1)
})
