// Tokens that somebody made up or took apart, as they come over the wire. Whatever is wrong with one, the client learns no
// more than that, and no service is asked.
import t from 'tap'
import { secret } from '../../helper.ts'
import { encode, signShared } from '../../lib/auth/tokens.ts'
import { claims, now, refuses, startAsked } from './asked.ts'

const signed = (payload: unknown, header: object = {}) => signShared(header, payload, secret)
const withClaims = (changes: object) => signed({ ...claims, ...changes })
const good = signed(claims)
const [header = '', payload = '', signature = ''] = good.split('.')
/** A text whose last character says the same bytes, with bits set that mean nothing. */
const respelt = (part: string) => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return part.slice(0, -1) + alphabet[alphabet.indexOf(part.at(-1)!) + 1]
}

const forged: Record<string, Record<string, string>> = {
  'another algorithm': Object.fromEntries(
    ['none', 'None', 'nOnE', 'NONE', '', 'HS384', 'HS512', 'RS256', 'ES256', 'hs256'].flatMap(alg => [
      [alg, signed(claims, { alg })],
      [`${alg}, not signed`, `${encode({ alg, typ: 'JWT' })}.${payload}.`],
      [`${alg}, another signature`, `${encode({ alg, typ: 'JWT' })}.${payload}.${signature}`]
    ])
  ),
  'an algorithm that is none': {
    missing: signed(claims, { alg: undefined }),
    null: signed(claims, { alg: null }),
    'a list': signed(claims, { alg: ['HS256'] }),
    'a number': signed(claims, { alg: 256 })
  },
  'another signature': {
    none: `${header}.${payload}.`,
    cut: good.slice(0, -4),
    'of another payload': `${header}.${encode({ ...claims, roles: ['admin'] })}.${signature}`,
    'of another header': `${encode({ alg: 'HS256' })}.${payload}.${signature}`,
    'of an empty secret': signShared({}, claims, ''),
    'of another secret': signShared({}, claims, `${secret}x`)
  },
  'a critical extension': {
    unknown: signed(claims, { crit: ['x-bound'], 'x-bound': true }),
    known: signed(claims, { crit: ['exp'] }),
    b64: signed(claims, { crit: ['b64'], b64: false }),
    empty: signed(claims, { crit: [] })
  },
  'a payload that is no object': {
    'a list': signed([claims]),
    'a text': signed(JSON.stringify('ada')),
    'a number': signed('7'),
    null: signed('null'),
    'a boolean': signed('true'),
    'no JSON': signed('{'),
    'no UTF-8': `${header}.${Buffer.from([0x7b, 0xff, 0x7d]).toString('base64url')}.${signature}`
  },
  'a time that has passed, or is none': {
    'no end': withClaims({ exp: undefined }),
    'an end that is a text': withClaims({ exp: String(now + 600) }),
    'an end beyond all time': signed(JSON.stringify({ ...claims, exp: 0 }).replace('"exp":0', '"exp":1e308')),
    'an end beyond all numbers': signed(JSON.stringify({ ...claims, exp: 0 }).replace('"exp":0', '"exp":1e400')),
    'an end before all time': withClaims({ exp: -1 }),
    'an end at zero': withClaims({ exp: 0 }),
    'an end that is null': withClaims({ exp: null }),
    'an end that is a list': withClaims({ exp: [now + 600] }),
    'an end in milliseconds': withClaims({ exp: 1e15 }),
    'over for more than 30 s': withClaims({ exp: now - 61 }),
    'not yet valid': withClaims({ nbf: now + 120 }),
    'a beginning that is a text': withClaims({ nbf: 'soon' }),
    'issued in the future': withClaims({ iat: now + 120 }),
    'issued at no time': withClaims({ iat: 'now' }),
    'never issued': withClaims({ iat: undefined })
  },
  'another audience or issuer': {
    'no audience': withClaims({ aud: undefined }),
    'another audience': withClaims({ aud: 'internal' }),
    'other audiences': withClaims({ aud: ['a', 'b'] }),
    'no audiences': withClaims({ aud: [] }),
    'an audience that only begins so': withClaims({ aud: 'shops' }),
    'an audience in another case': withClaims({ aud: 'Shop' }),
    'an audience that is an object': withClaims({ aud: { shop: true } }),
    'no issuer': withClaims({ iss: undefined }),
    'another issuer': withClaims({ iss: 'somebody' }),
    'an issuer among others': withClaims({ iss: ['shop-user-service', 'somebody'] }),
    'an issuer alone in a list': withClaims({ iss: ['shop-user-service'] }),
    'an issuer that only begins so': withClaims({ iss: 'shop-user-service.evil.test' })
  },
  'somebody else, or nobody': {
    nobody: withClaims({ sub: undefined, user_id: undefined }),
    'an empty subject': withClaims({ sub: '', user_id: '' }),
    'a number': withClaims({ sub: 7, user_id: 7 }),
    two: withClaims({ user_id: 'somebody' }),
    'roles that are a text': withClaims({ roles: 'admin' }),
    'roles that are objects': withClaims({ roles: [{}] })
  },
  'another spelling': {
    padding: `${good}=`,
    'padding within': `${header}=.${payload}.${signature}`,
    'bits that mean nothing': `${header}.${payload}.${respelt(signature)}`,
    'the other alphabet': `${header}.${payload}.${signature.replace(/[-_A]/, '+')}`,
    'a dot at the end': `${good}.`,
    'a dot at the start': `.${good}`,
    'two dots': `${header}..${payload}.${signature}`,
    'another part': `${good}.${signature}`,
    'a space': `${header}. ${payload}.${signature}`,
    'a tab': `${header}.\t${payload}.${signature}`,
    'in quotes': `"${good}"`,
    percent: good.replaceAll('.', '%2e'),
    'a token behind it': `${good},${good}`,
    '9 KB': signed({ ...claims, padding: 'x'.repeat(6_900) }),
    '12 KB': signed({ ...claims, padding: 'x'.repeat(9_000) })
  },
  'encrypted, nested or compressed': {
    encrypted: ['a', '', 'a', 'a', 'a'].map(part => part && encode({ alg: 'dir', enc: 'A256GCM' })).join('.'),
    'encrypted, in three parts': signed(claims, { alg: 'dir', enc: 'A256GCM' }),
    'with an encryption': signed(claims, { enc: 'A256GCM' }),
    nested: signed(good, { cty: 'JWT' }),
    compressed: signed(claims, { zip: 'DEF' })
  },
  'another type': {
    'a logout token': signed(claims, { typ: 'logout+jwt' }),
    'a number': signed(claims, { typ: 7 })
  },
  'a name of a key that is none': {
    'a list': signed(claims, { kid: ['a'] }),
    null: signed(claims, { kid: null }),
    'an object': signed(claims, { kid: {} }),
    '5 KB': signed(claims, { kid: 'x'.repeat(5_000) })
  }
}

const shared = await startAsked(t)

for (const [what, tokens] of Object.entries(forged)) {
  t.test(`${what}: 401`, async t => {
    for (const [name, token] of Object.entries(tokens)) await refuses(t, shared, name, token)
  })
}

t.test('a good token is taken, also with clocks that are a little apart, and with other audiences', async t => {
  for (const changes of [{}, { exp: now - 20 }, { nbf: now + 20, iat: now + 20 }, { aud: ['other', 'shop'] }]) {
    const { status } = await shared.ask(withClaims(changes))
    t.equal(status, 200, JSON.stringify(changes))
  }
})

t.test('a token of 64 KB is more than a request may have in headers', async t => {
  t.equal((await shared.ask(signed({ ...claims, padding: 'x'.repeat(64 * 1024) }))).status, 431)
})

t.test('a token that was good a moment ago lends its name to no other', async t => {
  t.equal((await shared.ask(good)).status, 200)
  await refuses(t, shared, 'another signature', `${header}.${payload}.${encode('another signature')}`)
  await refuses(t, shared, 'a part of it', good.slice(0, -1))
  t.equal((await shared.ask(good)).status, 200)
})

t.test('issuer and audience are texts, and no patterns', async t => {
  const asking = await startAsked(t, { JWT_ISSUER: 'https://issuer.test/.*', JWT_AUDIENCE: '.*' })
  await refuses(t, asking, 'an issuer that would match', withClaims({ iss: 'https://issuer.test/a', aud: '.*' }))
  await refuses(t, asking, 'an audience that would match', withClaims({ iss: 'https://issuer.test/.*', aud: 'shop' }))
  t.equal((await asking.ask(withClaims({ iss: 'https://issuer.test/.*', aud: '.*' }))).status, 200)
})
