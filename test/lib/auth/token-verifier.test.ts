import t from 'tap'
import { readKeySet } from '../../../lib/auth/key-set.ts'
import type { KeySource } from '../../../lib/auth/key-source.ts'
import { createTokenVerifier, type TokenVerifierOptions } from '../../../lib/auth/token-verifier.ts'
import { createKey, type IssuerKey, signShared, signWith } from './tokens.ts'

const secret = Buffer.from('0123456789abcdefghijklmnopqrstuv')
const now = Math.floor(Date.now() / 1000)
const claims = { iss: 'issuer', aud: 'shop', sub: 'ada', iat: now, exp: now + 600 }
const bad = { name: 'TokenError', isExpired: false }

function verifier(options: Partial<TokenVerifierOptions> = {}) {
  const requiredClaims = ['sub', 'iat']
  return createTokenVerifier({
    keys: secret,
    issuer: 'issuer',
    audience: 'shop',
    clockToleranceMs: 30_000,
    requiredClaims,
    ...options
  })
}

/** A source that has these keys, whatever happens. */
function sourceOf(...keys: IssuerKey[]): KeySource {
  const { byId, only } = readKeySet(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }))
  return { find: (kid: string | null) => (kid === null ? only : (byId.get(kid) ?? null)) } as KeySource
}

const shared = (changes: object, header: object = {}) => signShared(header, { ...claims, ...changes }, secret)

t.test('a good token says its claims', async t => {
  t.match(verifier()(shared({ roles: ['admin'] })), { sub: 'ada', roles: ['admin'] })
})

t.test('tokens of every algorithm, by the key that they name', async t => {
  const keys = ['ES256', 'ES384', 'ES512', 'EdDSA', 'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'].map(alg =>
    createKey(`key of ${alg}`, alg)
  )
  const verify = verifier({ keys: sourceOf(...keys) })
  for (const key of keys) {
    t.match(verify(signWith(key, claims)), { sub: 'ada' }, key.alg)
    const [header, payload, signature] = signWith(key, claims).split('.')
    const other = Buffer.from(JSON.stringify({ ...claims, sub: 'bob' })).toString('base64url')
    t.throws(() => verify(`${header}.${other}.${signature}`), bad, `${key.alg}, with another payload`)
    t.ok(payload !== other)
  }
})

t.test('a key is for its algorithms, and for its name', async t => {
  const [rsa, ec] = [createKey('rsa', 'RS256'), createKey('ec')]
  const verify = verifier({ keys: sourceOf(rsa, ec) })
  t.throws(() => verify(signWith({ ...rsa, alg: 'PS256' }, claims)), bad, 'another algorithm of the kind')
  t.throws(() => verify(signWith({ ...ec, kid: 'rsa' }, claims)), bad, 'the name of another')
  t.throws(() => verify(signWith(ec, claims, { kid: undefined })), bad, 'no name, and there are several')
  t.throws(() => verify(signWith(ec, claims, { kid: '../../ec' })), bad, 'a path')
  t.throws(() => verify(signWith(ec, claims, { kid: "ec' OR 1=1" })), bad, 'a query')
  t.match(verifier({ keys: sourceOf(ec) })(signWith(ec, claims, { kid: undefined })), { sub: 'ada' }, 'the only one')
})

t.test('a public key is no secret', async t => {
  const key = createKey('rsa', 'RS256')
  const verify = verifier({ keys: sourceOf(key) })
  const pem = readKeySet(JSON.stringify({ keys: [key.jwk] }))
    .byId.get('rsa')!
    .key.export({ type: 'spki', format: 'pem' })
  for (const secret of [pem, pem.toString().trim(), JSON.stringify(key.jwk), '']) {
    t.throws(() => verify(signShared({ kid: 'rsa' }, claims, secret)), bad)
  }
})

t.test('tokens that prove nothing', async t => {
  const verify = verifier()
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')
  const cases: Record<string, string> = {
    ...Object.fromEntries(
      ['none', 'None', 'nOnE', 'HS384', 'HS512', 'ES256', ''].map(alg => [`alg ${alg}`, shared({}, { alg })])
    ),
    'alg none without a signature': `${encode({ alg: 'none' })}.${encode(claims)}.`,
    'another secret': signShared({}, claims, 'another'),
    'an empty secret': signShared({}, claims, ''),
    'a cut signature': shared({}).slice(0, -4),
    'another issuer': shared({ iss: 'somebody' }),
    'an issuer among others': shared({ iss: ['issuer', 'somebody'] }),
    'another audience': shared({ aud: 'internal' }),
    'other audiences': shared({ aud: ['a', 'b'] }),
    'an audience that is no text': shared({ aud: [{ shop: 1 }, 'shop'] }),
    'no audience': shared({ aud: undefined }),
    'no issuer': shared({ iss: undefined }),
    'no subject': shared({ sub: undefined }),
    'no end': shared({ exp: undefined }),
    'an end that is a text': shared({ exp: String(now + 600) }),
    'an end beyond all time': shared({ exp: 1e308 }),
    'an end before all time': shared({ exp: -1 }),
    'an end that is null': shared({ exp: null }),
    'a beginning that is to come': shared({ nbf: now + 60 }),
    'a beginning that is a text': shared({ nbf: 'now' }),
    'an issue that is to come': shared({ iat: now + 60 }),
    'an issue that is a text': shared({ iat: String(now) }),
    'no issue': shared({ iat: undefined })
  }
  for (const [what, token] of Object.entries(cases)) t.throws(() => verify(token), { name: 'TokenError' }, what)
})

t.test('clocks may differ by so much, and no more', async t => {
  const verify = verifier()
  t.ok(verify(shared({ exp: now - 25 })))
  t.ok(verify(shared({ nbf: now + 25, iat: now + 25 })))
  t.throws(() => verify(shared({ exp: now - 35 })), { name: 'TokenError', isExpired: true })
  t.throws(() => verify(shared({ iat: now + 35 })), bad)
})

t.test('an audience among others is enough', async t => {
  t.ok(verifier()(shared({ aud: ['other', 'shop'] })))
})

t.test('any claim may be required', async t => {
  const verify = verifier({ requiredClaims: ['tenant'] })
  t.throws(() => verify(shared({})), bad)
  t.ok(verify(shared({ tenant: 'a', iat: undefined, sub: undefined })))
})

t.test('when keys must be asked for, there is a promise', async t => {
  const key = createKey('ec')
  const source = sourceOf(key)
  const verify = verifier({ keys: { find: async (kid: string) => source.find(kid) } as unknown as KeySource })
  t.match(await verify(signWith(key, claims)), { sub: 'ada' })
  await t.rejects(async () => verify(signWith(createKey('ec'), claims)), bad)
})
