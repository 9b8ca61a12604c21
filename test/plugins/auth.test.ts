import Fastify from 'fastify'
import t from 'tap'
import { userPolicy } from '../../lib/policies/route-policy.ts'
import auth, { type AuthOptions } from '../../plugins/auth.ts'
import completion from '../../plugins/completion.ts'
import errors from '../../plugins/errors.ts'
import tracing from '../../plugins/tracing.ts'
import { build, signToken, userId } from '../helper.ts'

const me = '/api/v1/users/me'
const now = Math.floor(Date.now() / 1000)

function unsigned(claims: object) {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  return `${encode({ alg: 'none', typ: 'JWT' })}.${encode(claims)}.`
}

t.test('without a token: 401 that says so', async t => {
  const { call, upstream } = await build(t)
  const { status, headers, body } = await call('GET', me)
  t.equal(status, 401)
  t.match(body, { error: 'missing authorization header', code: 'UNAUTHENTICATED', reason: 'TOKEN_MISSING' })
  t.equal(headers.get('www-authenticate'), 'Bearer')
  t.same(upstream.calls, [])
})

t.test('a header that is no bearer token: 401 that says so', async t => {
  const { call } = await build(t)
  for (const authorization of ['Basic YTpi', 'Bearer', 'Bearer a b', 'bearer', 'Bearer a,b']) {
    const { status, body } = await call('GET', me, { headers: { authorization } })
    t.match({ status, ...body }, { status: 401, error: 'invalid authorization header format', reason: 'TOKEN_INVALID' })
  }
})

t.test('a token that proves nothing: 401 invalid token', async t => {
  const { call } = await build(t)
  const claims = { iss: 'shop-user-service', aud: 'shop', sub: userId, iat: now, exp: now + 60 }
  const tokens = {
    'another key': await signToken({}, { key: 'another key, which is as long as the right one' }),
    'another algorithm': await signToken({}, { alg: 'HS512', key: 'x'.repeat(64) }),
    'no signature': unsigned(claims),
    'another issuer': await signToken({ iss: 'somebody' }),
    'the audience of services': await signToken({ aud: 'internal' }),
    'no subject': await signToken({ sub: undefined, user_id: undefined }),
    'a subject that is no text': await signToken({ sub: 7 }),
    'another user_id': await signToken({ user_id: 'somebody' }),
    'no end': await signToken({ exp: undefined }),
    'roles that are no texts': await signToken({ roles: 'admin' }),
    'not yet valid': await signToken({ nbf: now + 300 }),
    'no JWT': 'abc'
  }
  for (const [what, token] of Object.entries(tokens)) {
    const { status, headers, body } = await call('GET', me, { token })
    t.match({ status, ...body }, { status: 401, error: 'invalid token', reason: 'TOKEN_INVALID' }, what)
    t.equal(headers.get('www-authenticate'), 'Bearer error="invalid_token"', what)
  }
})

t.test('a token whose time is over: 401 with a reason of its own', async t => {
  const { call } = await build(t)
  const { status, body } = await call('GET', me, { token: await signToken({ exp: now - 31 }) })
  t.equal(status, 401)
  t.match(body, { error: 'invalid token', reason: 'TOKEN_EXPIRED' })
})

t.test('clocks may be 30 s apart', async t => {
  const { call } = await build(t)
  const { status } = await call('GET', me, { token: await signToken({ exp: now - 20 }) })
  t.equal(status, 200)
})

t.test('the service gets the very token of the user', async t => {
  const { call, upstream } = await build(t)
  const token = await signToken()
  const { status } = await call('GET', me, { token })
  t.equal(status, 200)
  t.equal(upstream.calls[0]?.header.get('authorization'), `Bearer ${token}`)
})

t.test('a signed-in user without the role: 403 that names the role', async t => {
  const { call, upstream } = await build(t)
  const { status, body } = await call('GET', '/api/v1/admin/orders', { token: await signToken() })
  t.equal(status, 403)
  t.match(body, { code: 'PERMISSION_DENIED', reason: 'ROLE_REQUIRED', error: 'this needs the role operator or admin' })
  t.same(upstream.calls, [])
})

t.test('any of the roles is enough', async t => {
  const { call } = await build(t, {}, { order: { listAllOrders: () => ({}) } })
  const { status } = await call('GET', '/api/v1/admin/orders', { token: await signToken({ roles: ['operator'] }) })
  t.equal(status, 200)
})

t.test('on a public route a token is neither looked at nor passed on', async t => {
  const { call, upstream } = await build(t)
  const { status } = await call('GET', '/api/v1/categories', { token: 'nonsense' })
  t.equal(status, 200)
  t.equal(upstream.calls[0]?.header.get('authorization'), null)
})

t.test('a route that says nothing about access asks for a signed-in user', async t => {
  const { call } = await build(t, {}, {}, async gateway => {
    gateway.get('/plain', async () => ({ hello: 'you' }))
  })
  t.equal((await call('GET', '/plain')).status, 401)
  t.equal((await call('GET', '/plain', { token: await signToken() })).status, 200)
})

t.test('a token without the scope: 403 that names it, also to the client’s library', async t => {
  const { call } = await build(t, {}, {}, async gateway => {
    const policy = { ...userPolicy, scopes: ['orders:read', 'orders:write'] }
    gateway.get('/scoped', { config: { policy } }, async () => ({}))
  })
  const ask = async (scope: unknown) => call('GET', '/scoped', { token: await signToken({ scope }) })
  t.equal((await ask('profile orders:write orders:read')).status, 200)
  t.equal((await ask(['orders:write', 'orders:read'])).status, 200)
  for (const scope of [undefined, '', 'orders:read', 'orders:reads orders:write']) {
    const { status, body, headers } = await ask(scope)
    t.match({ status, ...body }, { status: 403, code: 'PERMISSION_DENIED', reason: 'SCOPE_REQUIRED' })
    t.equal(headers.get('www-authenticate'), 'Bearer error="insufficient_scope", scope="orders:read orders:write"')
  }
  t.equal((await ask(7)).status, 401, 'a scope that is no text')
})

t.test('a token that was verified a moment ago still ends in time', async t => {
  const { call } = await build(t)
  const token = await signToken({ exp: now + 3_600 })
  t.equal((await call('GET', me, { token })).status, 200)
  const clock = Date.now
  t.teardown(() => Object.assign(Date, { now: clock }))
  Object.assign(Date, { now: () => clock() + 3_700_000 })
  t.equal((await call('GET', me, { token })).status, 401)
})

t.test('bad options keep the gateway from starting', async t => {
  const good = { secret: Buffer.alloc(32, 'x'), issuer: 'a', audience: 'b' }
  const bad: [Partial<AuthOptions>, RegExp][] = [
    [{ secret: Buffer.alloc(0) }, /secret/],
    [{ issuer: '' }, /issuer/],
    [{ audience: '' }, /audience/],
    [{ clockToleranceMs: -1 }, /clockToleranceMs/],
    [{ requiredClaims: [''] }, /requiredClaims/],
    [{ requiredClaims: 'sub' as unknown as string[] }, /requiredClaims/],
    [{ keySet: { url: 'http://issuer.example/keys' } }, /keySet.url/],
    [{ keySet: { url: 'https://user:password@issuer.example/keys' } }, /keySet.url/],
    [{ keySet: { url: 'file:///etc/keys' } }, /keySet.url/],
    [{ keySet: { url: 'https://issuer.example/keys', maxAgeMs: 0 } }, /keySet.maxAgeMs/]
  ]
  for (const [options, problem] of bad) {
    const gateway = Fastify()
    for (const plugin of [completion, tracing, errors]) gateway.register(plugin)
    gateway.register(auth, { ...good, ...options })
    await t.rejects(async () => gateway.ready(), { code: 'SLUICE_ERR_OPTION_INVALID', message: problem })
  }
})
