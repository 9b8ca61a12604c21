import t from 'tap'
import { build, signToken } from '../helper.ts'

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

t.test('every answer tells what is left', async t => {
  const { call } = await build(t, threeTokens)
  const { headers } = await call('GET', '/api/v1/categories')
  t.equal(headers.get('ratelimit-limit'), '3')
  t.equal(headers.get('ratelimit-remaining'), '2')
  t.equal(headers.get('ratelimit-reset'), '1000')
})

t.test('probing for tokens and paths is limited too', async t => {
  const { call } = await build(t, threeTokens)
  const statuses = []
  for (const path of ['/nowhere', '/api/v1/users/me', '/api/v1/orders', '/api/v1/users/me']) {
    statuses.push((await call('GET', path)).status)
  }
  t.same(statuses, [404, 401, 401, 429])
})

t.test('an address that a stranger claims to come from counts for nothing', async t => {
  const { call } = await build(t, threeTokens)
  const statuses = []
  for (let count = 0; count < 4; count++) {
    const headers = { 'x-forwarded-for': `192.0.2.${count}` }
    statuses.push((await call('GET', '/api/v1/categories', { headers })).status)
  }
  t.same(statuses, [200, 200, 200, 429])
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
