import t from 'tap'
import { build, signToken, userId } from '../../helper.ts'
import { createKey, signWith } from '../../lib/auth/tokens.ts'
import { startIssuer } from './issuer.ts'

const me = '/api/v1/users/me'
const now = Math.floor(Date.now() / 1000)
const claims = { iss: 'shop-user-service', aud: 'shop', sub: userId, user_id: userId, iat: now, exp: now + 600 }

t.test('tokens are verified with the keys that the issuer publishes', async t => {
  const keys = [createKey('a'), createKey('b', 'EdDSA')]
  const issuer = await startIssuer(t, ...keys)
  const { call, upstream } = await build(t, { JWT_JWKS_URL: issuer.url })
  for (const key of keys) {
    const token = signWith(key, claims)
    t.equal((await call('GET', me, { token })).status, 200)
    t.equal(upstream.calls.at(-1)?.header.get('authorization'), `Bearer ${token}`)
  }
})

t.test('a token of the shared secret is one of the gateway’s own services, and of no user', async t => {
  const issuer = await startIssuer(t, createKey('a'))
  const { call, upstream } = await build(t, { JWT_JWKS_URL: issuer.url })
  const { status, body } = await call('GET', me, { token: await signToken() })
  t.match({ status, ...body }, { status: 401, reason: 'TOKEN_INVALID' })
  t.same(upstream.calls, [])
})

t.test('a token that was good a moment ago is not, when its key is gone', async t => {
  const [old, fresh] = [createKey('old'), createKey('fresh')]
  const issuer = await startIssuer(t, old)
  const { call } = await build(t, { JWT_JWKS_URL: issuer.url })
  t.equal((await call('GET', me, { token: signWith(old, claims) })).status, 200)
  // A cool-down ago, so that a new name is asked for.
  const { now } = performance
  t.teardown(() => Object.assign(performance, { now }))
  Object.assign(performance, { now: () => now.call(performance) + 31_000 })
  issuer.keys = [fresh]
  t.equal((await call('GET', me, { token: signWith(fresh, claims) })).status, 200)
  t.equal((await call('GET', me, { token: signWith(old, claims) })).status, 401)
})

t.test(
  'an issuer that is down does not keep the gateway from starting; its tokens are 503 until it is back',
  async t => {
    const key = createKey('a')
    const issuer = await startIssuer(t, key)
    issuer.isDown = true
    const { call } = await build(t, { JWT_JWKS_URL: issuer.url })
    const { status, body, headers } = await call('GET', me, { token: signWith(key, claims) })
    t.match({ status, ...body }, { status: 503, reason: 'KEYS_UNAVAILABLE', error: 'service temporarily unavailable' })
    t.equal(headers.get('retry-after'), '1')
    t.equal((await call('GET', '/api/v1/categories')).status, 200, 'what is public is served')
  }
)

t.test('an issuer that goes down later changes nothing', async t => {
  const key = createKey('a')
  const issuer = await startIssuer(t, key)
  const { call } = await build(t, { JWT_JWKS_URL: issuer.url })
  issuer.isDown = true
  for (let count = 0; count < 3; count++) {
    t.equal((await call('GET', me, { token: signWith(key, { ...claims, jti: String(count) }) })).status, 200)
  }
})
