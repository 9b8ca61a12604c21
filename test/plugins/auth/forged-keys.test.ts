// Tokens that would be good if the gateway used a key that it must not use, as they come over the wire.
import { createHash, createPublicKey } from 'node:crypto'
import { createServer } from 'node:net'
import t from 'tap'
import { secret, signToken } from '../../helper.ts'
import { createKey, encode, signShared, signWith } from '../../lib/auth/tokens.ts'
import { listen } from '../proxy/upstream.ts'
import { claims, refuses, startAsked } from './asked.ts'
import { startIssuer } from './issuer.ts'

t.test('the public half of a key is no secret, however it is written', async t => {
  const rsa = createKey('rsa', 'RS256')
  const asking = await startAsked(t, { JWT_JWKS_URL: (await startIssuer(t, rsa)).url })
  t.equal((await asking.ask(signWith(rsa, claims))).status, 200)
  const key = createPublicKey({ key: rsa.jwk as never, format: 'jwk' })
  const pem = String(key.export({ type: 'spki', format: 'pem' }))
  const spellings = {
    pem,
    trimmed: pem.trim(),
    'whitespace before it': ` \n${pem}`,
    'a byte order mark': `\ufeff${pem}`,
    'a comment before it': `# key\n${pem}`,
    'line ends of Windows': pem.replaceAll('\n', '\r\n'),
    'PKCS #1': String(key.export({ type: 'pkcs1', format: 'pem' })),
    DER: key.export({ type: 'spki', format: 'der' }),
    JWK: JSON.stringify(rsa.jwk),
    'the gateway’s own secret': secret,
    nothing: ''
  }
  for (const [what, spelling] of Object.entries(spellings)) {
    for (const alg of ['HS256', 'HS384', 'RS256']) {
      await refuses(t, asking, `${what}, ${alg}`, signShared({ kid: 'rsa', alg }, claims, spelling))
    }
  }
})

t.test('a key has the name that the issuer gave it, letter by letter', async t => {
  const [ec, other] = [createKey('ec'), createKey('other')]
  const issuer = await startIssuer(t, ec, other)
  const asking = await startAsked(t, { JWT_JWKS_URL: issuer.url })
  const names = ['../../ec', "ec' OR '1'='1", 'EC', 'ec ', 'e', '', '*', '__proto__', 'constructor', 'other']
  for (const kid of [...names, undefined, null, ['ec'], { ec: 1 }, 'x'.repeat(3_000)]) {
    await refuses(t, asking, JSON.stringify(kid)?.slice(0, 40) ?? 'none', signWith(ec, claims, { kid }))
  }
  t.equal((await asking.ask(signWith(ec, claims))).status, 200)
})

t.test('a storm of tokens with keys that nobody knows does not reach the issuer', async t => {
  const ec = createKey('ec')
  const issuer = await startIssuer(t, ec)
  const asking = await startAsked(t, { JWT_JWKS_URL: issuer.url })
  const storm = Array.from({ length: 100 }, (_, index) => asking.ask(signWith(ec, claims, { kid: `unknown ${index}` })))
  for (const { status } of await Promise.all(storm)) t.equal(status, 401)
  t.equal(issuer.asked, 1, 'when the gateway started')
})

t.test('keys in a token, and addresses of keys, are neither used nor fetched', async t => {
  const [ec, mine] = [createKey('ec'), createKey('mine')]
  const issuer = await startIssuer(t, ec)
  let fetched = 0
  const elsewhere = await listen(
    t,
    createServer(socket => {
      fetched += 1
      socket.destroy()
    }),
    () => {}
  )
  const asking = await startAsked(t, { JWT_JWKS_URL: issuer.url })
  const headers: Record<string, object> = {
    jwk: { jwk: mine.jwk },
    jku: { jku: `${elsewhere}/keys` },
    x5u: { x5u: `${elsewhere}/certificate` },
    x5c: { x5c: [encode('certificate')], x5t: 'a' },
    all: { jwk: mine.jwk, jku: `${elsewhere}/keys`, x5u: `${elsewhere}/certificate`, x5c: ['a'] }
  }
  for (const [what, header] of Object.entries(headers)) {
    for (const kid of ['ec', 'mine', undefined]) {
      await refuses(t, asking, `${what}, key ${kid}`, signWith(mine, claims, { ...header, kid }))
    }
    t.equal((await asking.ask(signWith(ec, claims, header))).status, 200, `${what} in a token of the issuer`)
  }
  t.equal(fetched, 0)
})

/** A signature that any key with the exponent 1 verifies: the padded hash as it is (RFC 8017, section 9.2). */
function signWithExponentOne(kid: string, bytes: number): string {
  const input = `${encode({ alg: 'RS256', kid })}.${encode(claims)}`
  const digestInfo = Buffer.from('3031300d060960864801650304020105000420', 'hex')
  const end = Buffer.concat([Buffer.from([0]), digestInfo, createHash('sha256').update(input).digest()])
  const padding = Buffer.alloc(bytes - end.length - 2, 0xff)
  return `${input}.${Buffer.concat([Buffer.from([0, 1]), padding, end]).toString('base64url')}`
}

t.test(
  'keys that are weak, private, shared, or of a name that others have, verify nothing; the good one beside them does',
  async t => {
    const [ec, short, twin, other] = [
      createKey('ec'),
      createKey('short', 'RS256', 512),
      createKey('twin'),
      createKey('twin')
    ]
    const one = createKey('one', 'RS256')
    const hidden = createKey('private')
    const oct = { kty: 'oct', kid: 'oct', alg: 'HS256', k: encode('a shared key that the issuer has published') }
    const issuer = await startIssuer(t, ec, short, twin, other)
    issuer.keys.push(
      { jwk: { ...one.jwk, e: 'AQ' } },
      { jwk: { ...hidden.privateKey.export({ format: 'jwk' }), kid: 'private', alg: 'ES256' } },
      { jwk: oct }
    )
    const asking = await startAsked(t, { JWT_JWKS_URL: issuer.url })
    const tokens: Record<string, string> = {
      'RSA of 512 bits': signWith(short, claims),
      'a name that two keys have': signWith(twin, claims),
      'the other of the two': signWith(other, claims),
      'an exponent of 1': signWithExponentOne('one', 256),
      'a private key': signWith(hidden, claims),
      'a shared key': signShared({ kid: 'oct' }, claims, 'a shared key that the issuer has published')
    }
    for (const [what, token] of Object.entries(tokens)) await refuses(t, asking, what, token)
    t.equal((await asking.ask(signWith(ec, claims))).status, 200)
  }
)

t.test('whatever an issuer says instead of its keys, the last good ones stay, and nobody is led elsewhere', async t => {
  const ec = createKey('ec')
  const issuer = await startIssuer(t, ec)
  let fetched = 0
  const metadata = await listen(
    t,
    createServer(() => {
      fetched += 1
    }),
    () => {}
  )
  const asking = await startAsked(t, { JWT_JWKS_URL: issuer.url })
  const { now } = performance
  t.teardown(() => Object.assign(performance, { now }))
  let later = 0
  Object.assign(performance, { now: () => now.call(performance) + later })
  const keys = JSON.stringify({ keys: [ec.jwk] })
  const answers: Record<string, NonNullable<typeof issuer.answer>> = {
    'an error': (_request, response) => response.writeHead(500).end(keys),
    'a redirection': (_request, response) => response.writeHead(302, { location: `${metadata}/` }).end(),
    '10 MB': (_request, response) => response.end(`{"keys": [], "padding": "${'x'.repeat(10_000_000)}"}`),
    '10,000 keys': (_request, response) => response.end(`{"keys": [${new Array(10_000).fill('{}').join()}]}`),
    'shared keys alone': (_request, response) => response.end('{"keys": [{"kty": "oct", "k": "YQ", "kid": "ec"}]}'),
    'no keys': (_request, response) => response.end('{"keys": []}'),
    'a page': (_request, response) => response.end('<html>'),
    nothing: request => request.socket.destroy()
  }
  for (const [what, answer] of Object.entries(answers)) {
    issuer.answer = answer
    // Keys are 10 minutes old, and a token names one that is unknown: it waits for the answer.
    later += 700_000
    const before = issuer.asked
    await refuses(t, asking, what, signWith(ec, claims, { kid: `unknown to ${what}` }))
    t.equal(issuer.asked, before + 1, what)
    t.equal((await asking.ask(signWith(ec, { ...claims, jti: what }))).status, 200, what)
  }
  t.equal(fetched, 0)
  t.equal((await asking.ask(await signToken())).status, 401)
})
