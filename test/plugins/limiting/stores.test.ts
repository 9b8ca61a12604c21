import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { Redis } from 'ioredis'
import t from 'tap'
import { freePort, skipWithoutRedis, startRedis } from '../../backends/redis.ts'
import { type Built, build, signToken, type Test, until } from '../../helper.ts'
import { recordTelemetry } from '../../telemetry.ts'

const telemetry = recordTelemetry()

const path = '/api/v1/categories'

/** One token comes back in a thousand seconds: within a test, none. */
const threeTokens = { RATE_LIMIT_RPS: '0.001', RATE_LIMIT_BURST: '3' }

/** Long enough that Redis decides, also on a slow machine. */
const patient = { RATE_LIMIT_REDIS_TIMEOUT_MS: '10000' }

/** How often a limit was counted locally because Redis did not say. */
async function fallbacks(): Promise<number> {
  const points = (await telemetry.metrics()).get('rate_limiter.fallback.count')?.dataPoints ?? []
  return points.reduce((sum, { value }) => sum + Number(value), 0)
}

async function ask({ call }: Built, times: number): Promise<number[]> {
  const statuses = []
  for (let count = 0; count < times; count++) statuses.push((await call('GET', path)).status)
  return statuses
}

const placeOf = ({ gateway }: Built) => gateway.limits.state()[0]?.store

t.test('gateways that share a Redis', { skip: skipWithoutRedis }, async t => {
  t.test('four of them admit together what the limit says, and not one request more', async t => {
    const { url } = await startRedis(t)
    const [rate, burst] = [50, 20]
    const env = { ...patient, RATE_LIMIT_RPS: String(rate), RATE_LIMIT_BURST: String(burst), RATE_LIMIT_REDIS_URL: url }
    const gateways = await Promise.all([1, 2, 3, 4].map(() => build(t, env)))
    const started = performance.now()
    const statuses = await Promise.all(gateways.map(gateway => Promise.all([ask(gateway, 60), ask(gateway, 60)])))
    const seconds = (performance.now() - started) / 1000
    const admitted = statuses.flat(2).filter(status => status === 200).length
    t.ok(admitted >= burst, 'what a bucket holds is given out')
    t.ok(admitted <= burst + rate * seconds, `${admitted} of 480 in ${seconds} s`)
    t.ok(statuses.flat(2).every(status => status === 200 || status === 429))
    t.same(gateways.map(placeOf), ['redis', 'redis', 'redis', 'redis'])
  })

  t.test('the clock of a gateway does not count', async t => {
    const { url } = await startRedis(t)
    const built = await build(t, { ...patient, ...threeTokens, RATE_LIMIT_REDIS_URL: url })
    const now = Date.now
    t.teardown(() => Object.assign(Date, { now }))
    Date.now = () => now() + 3_600_000
    t.same(await ask(built, 4), [200, 200, 200, 429])
  })

  t.test('nothing of a client is stored, and what is stored expires', async t => {
    const { url } = await startRedis(t)
    const built = await build(t, { ...patient, RATE_LIMIT_RPS: '1', RATE_LIMIT_REDIS_URL: url })
    await ask(built, 1)
    const redis = new Redis(url)
    t.teardown(() => redis.disconnect())
    const keys = await redis.keys('*')
    t.equal(keys.length, 1)
    t.match(keys[0], /^sluice:limit:[\w-]{43}$/)
    t.ok((await redis.pttl(keys[0]!)) > 0)
  })

  t.test('a user may be called whatever: it is one key of its own, and nothing of it is stored', async t => {
    const { url } = await startRedis(t)
    const one = { RATE_LIMIT_USER_RPS: '0.001', RATE_LIMIT_USER_BURST: '1' }
    const { call } = await build(t, { ...patient, ...one, RATE_LIMIT_REDIS_URL: url })
    const redis = new Redis(url)
    t.teardown(() => redis.disconnect())
    const users = ['a', 'a:b', '*', '{a}b', '{a}c', 'a\r\nFLUSHALL\r\n', "'; return 1 --", '\0', 'x'.repeat(2_000)]
    for (const sub of users) {
      const token = await signToken({ sub, user_id: sub })
      const statuses = []
      for (let count = 0; count < 2; count++) statuses.push((await call('GET', '/api/v1/users/me', { token })).status)
      t.same(statuses, [200, 429], JSON.stringify(sub.slice(0, 20)))
    }
    const keys = await redis.keys('*')
    t.equal(keys.length, users.length + 1, 'one besides for the address')
    for (const key of keys) t.match(key, /^sluice:limit:[\w-]{43}$/)
  })

  t.test('a Redis that has forgotten the script is told it again, and has counted on', async t => {
    const { url } = await startRedis(t)
    const built = await build(t, { ...patient, ...threeTokens, RATE_LIMIT_REDIS_URL: url })
    const redis = new Redis(url)
    t.teardown(() => redis.disconnect())
    t.same(await ask(built, 2), [200, 200])
    await redis.script('FLUSH')
    t.same(await ask(built, 2), [200, 429])
    t.equal(placeOf(built), 'redis')
  })

  t.test('a Redis that has no room refuses nobody', async t => {
    const { url } = await startRedis(t)
    const built = await build(t, { ...patient, ...threeTokens, RATE_LIMIT_REDIS_URL: url })
    const redis = new Redis(url)
    t.teardown(() => redis.disconnect())
    await redis.config('SET', 'maxmemory', '1')
    t.same(await ask(built, 4), [200, 200, 200, 429])
  })

  t.test('when Redis dies, each counts for itself, and together again when it is back', async t => {
    const { url, server } = await startRedis(t)
    const built = await build(t, { ...patient, ...threeTokens, RATE_LIMIT_BURST: '10000', RATE_LIMIT_REDIS_URL: url })
    t.same(await ask(built, 1), [200])
    server.kill('SIGKILL')
    await once(server, 'exit')
    t.same(await ask(built, 5), [200, 200, 200, 200, 200])
    t.equal(placeOf(built), 'memory')
    await startRedis(t, Number(new URL(url).port))
    await until(async () => {
      t.same(await ask(built, 1), [200])
      return placeOf(built) === 'redis'
    })
  })

  t.test('a Redis that hangs is waited for as long as the setting says, and refuses nobody', async t => {
    const { url, server } = await startRedis(t)
    const built = await build(t, { ...threeTokens, RATE_LIMIT_REDIS_URL: url })
    t.teardown(() => server.kill('SIGCONT'))
    server.kill('SIGSTOP')
    const before = await fallbacks()
    t.same(await ask(built, 4), [200, 200, 200, 429], 'the local bucket counts')
    t.equal(placeOf(built), 'memory')
    t.equal(await fallbacks(), before + 4)
  })

  t.test('a Redis that only reads refuses nobody', async t => {
    const { url } = await startRedis(t)
    const built = await build(t, { ...patient, ...threeTokens, RATE_LIMIT_REDIS_URL: url })
    const redis = new Redis(url)
    t.teardown(() => redis.disconnect())
    await redis.replicaof('127.0.0.1', String(await freePort()))
    t.same(await ask(built, 4), [200, 200, 200, 429])
  })
})

/** A server that answers each command with one line; null: with none. */
async function answerAll(test: Test, line: string | null): Promise<string> {
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', () => line !== null && socket.write(`${line}\r\n`))
    test.teardown(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.teardown(() => server.close())
  return `redis://127.0.0.1:${(server.address() as AddressInfo).port}`
}

t.test('what is no good Redis refuses nobody, and does not keep the gateway from starting', async t => {
  const cases: [string, () => Promise<string>][] = [
    ['nobody listens', async () => `redis://127.0.0.1:${await freePort()}`],
    ['it is still loading', () => answerAll(t, '-LOADING Redis is loading the dataset in memory')],
    ['it asks for a password', () => answerAll(t, '-NOAUTH Authentication required.')],
    ['it is busy with a script', () => answerAll(t, '-BUSY Redis is busy running a script.')],
    ['its master is away', () => answerAll(t, '-MASTERDOWN Link with MASTER is down')],
    ['it says yes to everything', () => answerAll(t, '+OK')],
    ['it says nothing', () => answerAll(t, null)],
    ['it says nothing that ends', () => answerAll(t, '*99999999')],
    ['it is something else', () => answerAll(t, 'HTTP/1.1 400 Bad Request')]
  ]
  for (const [name, start] of cases) {
    const built = await build(t, { ...threeTokens, RATE_LIMIT_REDIS_URL: await start() })
    t.same(await ask(built, 4), [200, 200, 200, 429], name)
  }
})
