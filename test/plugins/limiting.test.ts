import { Code, ConnectError } from '@connectrpc/connect'
import Fastify from 'fastify'
import t from 'tap'
import { publicPolicy } from '../../lib/policies/route-policy.ts'
import completion from '../../plugins/completion.ts'
import errors from '../../plugins/errors.ts'
import limiting, { type LimitingOptions } from '../../plugins/limiting.ts'
import metrics from '../../plugins/metrics.ts'
import tracing from '../../plugins/tracing.ts'
import { build, signToken, until } from '../helper.ts'

/** One token comes back in a thousand seconds: within a test, none. */
const threeTokens = { RATE_LIMIT_RPS: '0.001', RATE_LIMIT_BURST: '3' }
const credentials = { email: 'ada@example.com', password: 'correct horse' }

t.test('above the limit: 429 that says when to come back, and the service is not asked', async t => {
  const { call, upstream } = await build(t, threeTokens)
  const answers = []
  for (let count = 0; count < 4; count++) answers.push(await call('GET', '/api/v1/categories'))
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 200, 429]
  )
  t.match(answers[3]?.body, { error: 'rate limit exceeded', code: 'RESOURCE_EXHAUSTED', reason: 'RATE_LIMITED' })
  t.equal(answers[3]?.headers.get('retry-after'), '1000')
  t.equal(upstream.calls.length, 3)
})

t.test('every answer tells the limits, and what is left', async t => {
  const { call } = await build(t, { ...threeTokens, RATE_LIMIT_USER_RPS: '1', RATE_LIMIT_USER_BURST: '5' })
  const open = await call('GET', '/api/v1/categories')
  t.equal(open.headers.get('ratelimit-policy'), '"address";q=3;w=3000')
  t.equal(open.headers.get('ratelimit'), '"address";r=2;t=1000')
  const mine = await call('GET', '/api/v1/users/me', { token: await signToken() })
  t.equal(mine.headers.get('ratelimit-policy'), '"address";q=3;w=3000, "subject";q=5;w=5')
  t.match(mine.headers.get('ratelimit'), /^"address";r=1;t=\d+, "subject";r=4;t=\d+$/)
})

t.test('a refusal tells the limit that refused', async t => {
  const { call } = await build(t, { ...threeTokens, RATE_LIMIT_BURST: '1' })
  await call('GET', '/api/v1/categories')
  const { headers } = await call('GET', '/api/v1/categories')
  t.match(headers.get('ratelimit'), /^"address";r=0;t=\d+$/)
})

t.test('probing for tokens and paths is limited too', async t => {
  const { call } = await build(t, threeTokens)
  const statuses = []
  for (const path of ['/nowhere', '/api/v1/users/me', '/api/v1/orders', '/api/v1/users/me']) {
    statuses.push((await call('GET', path)).status)
  }
  t.same(statuses, [404, 401, 401, 429])
})

t.test('an address that a stranger claims to come from counts for nothing, whatever it says it with', async t => {
  const claims: Record<string, (address: string) => string> = {
    'x-forwarded-for': address => address,
    forwarded: address => `for=${address}`,
    'x-real-ip': address => address,
    'x-client-ip': address => address,
    'true-client-ip': address => address,
    'cf-connecting-ip': address => address,
    via: address => `1.1 ${address}`
  }
  for (const [name, say] of Object.entries(claims)) {
    const { call } = await build(t, threeTokens)
    const statuses = []
    for (let count = 0; count < 4; count++) {
      const headers = { [name]: say(`192.0.2.${count}`) }
      statuses.push((await call('GET', '/api/v1/categories', { headers })).status)
    }
    t.same(statuses, [200, 200, 200, 429], name)
  }
})

t.test('there is no moment at which twice the limit passes', async t => {
  const { now } = performance
  t.teardown(() => Object.assign(performance, { now }))
  let clock = now.call(performance)
  Object.assign(performance, { now: () => clock })
  const { call } = await build(t, { RATE_LIMIT_RPS: '1', RATE_LIMIT_BURST: '10' })
  const passed = async () => {
    const statuses = []
    for (let count = 0; count < 12; count++) statuses.push((await call('GET', '/api/v1/categories')).status)
    return statuses.filter(status => status === 200).length
  }
  t.equal(await passed(), 10)
  const steps = []
  // Up to the ends of all windows in which it may have been counted, and a little beyond.
  for (const ms of [900, 200, 4_800, 200, 3_800, 200]) {
    clock += ms
    steps.push(await passed())
  }
  t.same(steps, [0, 1, 4, 1, 3, 1], 'ten in ten seconds')
})

t.test('behind a trusted proxy, each client has a bucket', async t => {
  const { call } = await build(t, { ...threeTokens, TRUST_PROXY: '127.0.0.0/8' })
  const statuses = []
  for (let count = 0; count < 4; count++) {
    const headers = { 'x-forwarded-for': `192.0.2.${count}` }
    statuses.push((await call('GET', '/api/v1/categories', { headers })).status)
  }
  t.same(statuses, [200, 200, 200, 200])
})

t.test('health costs no token', async t => {
  const { call } = await build(t, threeTokens)
  for (let count = 0; count < 5; count++) t.equal((await call('GET', '/health')).status, 200)
})

t.test('a route has the bucket of its policy besides', async t => {
  const { call, upstream } = await build(t, {}, { user: { login: () => ({}) } })
  // The policy of the rpc: 50 at once, 10 per second.
  const logins = Array.from({ length: 70 }, () => call('POST', '/api/v1/users/login', { body: credentials }))
  const refused = (await Promise.all(logins)).filter(({ status }) => status === 429)
  t.ok(refused.length > 0)
  t.equal(upstream.calls.length, 70 - refused.length)
  t.equal((await call('GET', '/api/v1/categories')).status, 200, 'other routes are as they were')
})

t.test('a bucket by subject is the same from every address, and another for another user', async t => {
  const { call } = await build(t, { TRUST_PROXY: '127.0.0.0/8' }, {}, async gateway => {
    const { userPolicy } = await import('../../lib/policies/route-policy.ts')
    const policy = { ...userPolicy, rateLimit: { rate: 0.01, burst: 1, key: 'subject' } } as const
    gateway.get('/mine', { config: { policy } }, async () => ({}))
  })
  const ask = async (address: string, token: string) =>
    (await call('GET', '/mine', { token, headers: { 'x-forwarded-for': address } })).status
  const ada = await signToken()
  const bob = await signToken({ sub: 'bob', user_id: 'bob' })
  t.same([await ask('192.0.2.1', ada), await ask('192.0.2.2', ada), await ask('192.0.2.1', bob)], [200, 429, 200])
})

t.test('a user has one bucket, whatever the token and the address', async t => {
  const env = { TRUST_PROXY: '127.0.0.0/8', RATE_LIMIT_USER_RPS: '0.001', RATE_LIMIT_USER_BURST: '3' }
  const { call } = await build(t, env)
  const statuses = []
  for (let count = 0; count < 4; count++) {
    const token = await signToken({ jti: String(count) })
    const headers = { 'x-forwarded-for': `192.0.2.${count}` }
    statuses.push((await call('GET', '/api/v1/users/me', { token, headers })).status)
  }
  t.same(statuses, [200, 200, 200, 429])
  const token = await signToken({ sub: 'bob', user_id: 'bob' })
  t.equal((await call('GET', '/api/v1/users/me', { token })).status, 200, 'another user')
})

t.test('addresses of one IPv6 network are one client, and so are both forms of an IPv4 address', async t => {
  const { call } = await build(t, { ...threeTokens, RATE_LIMIT_BURST: '1', TRUST_PROXY: '127.0.0.0/8' })
  const ask = async (address: string) =>
    (await call('GET', '/api/v1/categories', { headers: { 'x-forwarded-for': address } })).status
  t.same([await ask('2001:db8::1'), await ask('2001:db8::ffff:1'), await ask('2001:db8:0:1::1')], [200, 429, 200])
  t.same([await ask('192.0.2.1'), await ask('::ffff:192.0.2.1')], [200, 429])
})

t.test('there may be a limit for all together, which is nobody’s business until it refuses', async t => {
  const env = { TRUST_PROXY: '127.0.0.0/8', RATE_LIMIT_GLOBAL_RPS: '0.001', RATE_LIMIT_GLOBAL_BURST: '2' }
  const { call } = await build(t, env)
  const answers = []
  for (let count = 0; count < 3; count++) {
    answers.push(await call('GET', '/api/v1/categories', { headers: { 'x-forwarded-for': `192.0.2.${count}` } }))
  }
  t.same(
    answers.map(({ status }) => status),
    [200, 200, 429]
  )
  t.notMatch(answers[0]?.headers.get('ratelimit'), /global/)
  t.match(answers[2]?.headers.get('ratelimit'), /"global";r=0/)
})

t.test('an address whose requests fail as probes do is refused, before others are', async t => {
  const env = { TRUST_PROXY: '127.0.0.0/8', RATE_LIMIT_FAILURES_RPS: '0.001', RATE_LIMIT_FAILURES_BURST: '4' }
  const { call } = await build(t, env)
  const ask = async (path: string, address: string, method = 'GET') =>
    (await call(method, path, { headers: { 'x-forwarded-for': address } })).status
  const statuses = []
  for (const path of [
    '/nowhere',
    '/api/v1/users/me',
    '/api/v1/products?page_size=x',
    '/api/v1/categories',
    '/nowhere'
  ]) {
    statuses.push(await ask(path, '192.0.2.1'))
  }
  t.same(statuses, [404, 401, 400, 200, 404])
  await until(async () => (await ask('/api/v1/categories', '192.0.2.1')) === 429)
  t.equal(await ask('/api/v1/categories', '192.0.2.2'), 200, 'another address')
})

t.test('failed sign-ins are limited apart, and good ones never are by it', async t => {
  const { call } = await build(
    t,
    { RATE_LIMIT_RPS: '1000', RATE_LIMIT_BURST: '1000' },
    {
      user: {
        login({ password }) {
          if (password === credentials.password) return {}
          throw new ConnectError('invalid email or password', Code.Unauthenticated)
        }
      }
    }
  )
  const signIn = async (body: object) => (await call('POST', '/api/v1/users/login', { body })).status
  for (let count = 0; count < 30; count++) t.equal(await signIn(credentials), 200)
  // The policy of the rpc: 20 failures at once, and one in two seconds.
  await until(async () => (await signIn({ ...credentials, password: 'wrong horse' })) === 429)
  t.equal(await signIn(credentials), 429)
  t.equal((await call('GET', '/api/v1/categories')).status, 200, 'other routes are as they were')
})

t.test('a route may cost more than others', async t => {
  const { call } = await build(t, threeTokens, {}, async gateway => {
    gateway.get('/heavy', { config: { policy: { ...publicPolicy, cost: 2 } } }, async () => ({}))
  })
  const { headers } = await call('GET', '/heavy')
  t.match(headers.get('ratelimit'), /"address";r=1/)
  t.equal((await call('GET', '/heavy')).status, 429)
  t.equal((await call('GET', '/api/v1/categories')).status, 200, 'one token is left')
})

t.test('a route that costs more than a bucket holds keeps the gateway from starting', async t => {
  const policy = { ...publicPolicy, cost: 4 }
  const built = build(t, threeTokens, {}, async gateway => {
    gateway.get('/heavy', { config: { policy } }, async () => ({}))
  })
  await t.rejects(built, { code: 'SLUICE_ERR_OPTION_INVALID', message: /\/heavy costs 4 tokens, more than "address"/ })
})

t.test('bad options keep the gateway from starting', async t => {
  const good = { address: { rate: 1, burst: 1 } }
  const bad: [Partial<LimitingOptions>, RegExp][] = [
    [{ address: { rate: 0, burst: 1 } }, /address\.rate/],
    [{ subject: { rate: Number.NaN, burst: 1 } }, /subject\.rate/],
    [{ global: { rate: 1, burst: 0.5 } }, /global\.burst/],
    [{ failures: { rate: 1, burst: 0 } }, /failures\.burst/],
    [{ redis: { url: 'http://localhost' } }, /redis\.url/],
    [{ redis: { url: 'redis://localhost', timeoutMs: 0 } }, /redis\.timeoutMs/]
  ]
  for (const [options, problem] of bad) {
    const gateway = Fastify()
    for (const plugin of [completion, tracing, errors, metrics]) gateway.register(plugin)
    gateway.register(limiting, { ...good, ...options })
    await t.rejects(async () => gateway.ready(), { code: 'SLUICE_ERR_OPTION_INVALID', message: problem })
  }
})

t.test('operators see the limits, and which routes share one', async t => {
  const { gateway } = await build(t)
  const state = gateway.limits.state()
  t.match(state[0], { name: 'address', key: 'address', rate: 100, burst: 200, routes: null, store: 'memory' })
  const login = state.filter(({ routes }) => routes?.includes('POST /api/v1/users/login'))
  t.same(
    login.map(({ name, rate, burst }) => [name, rate, burst]),
    [
      ['route', 10, 50],
      ['route-failures', 0.5, 20]
    ]
  )
})
