import t from 'tap'
import { readKeySet } from '../../../lib/auth/key-set.ts'
import { createKey } from './tokens.ts'

const read = (...keys: unknown[]) => readKeySet(JSON.stringify({ keys }))
const ec = createKey('ec')

t.test('keys of every kind that is supported, by their names', async t => {
  const cases: [alg: string, algorithms: string[]][] = [
    ['ES256', ['ES256']],
    ['ES384', ['ES384']],
    ['ES512', ['ES512']],
    ['EdDSA', ['EdDSA']],
    ['RS256', ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']]
  ]
  for (const [alg, algorithms] of cases) {
    const { jwk } = createKey('a', alg)
    t.same(read(jwk).byId.get('a')?.algorithms, [alg], 'the one that the issuer says')
    t.same(read({ ...jwk, alg: undefined }).byId.get('a')?.algorithms, algorithms, 'all that the key is for')
  }
})

t.test('the only key is the one for tokens that name none', async t => {
  t.equal(read({ ...ec.jwk, kid: undefined }).only?.kid, null)
  t.equal(read(ec.jwk).only?.kid, 'ec')
  t.equal(read(ec.jwk, createKey('other').jwk).only, null)
})

t.test('what cannot be used is left out, and the rest stays', async t => {
  const pair = createKey('pair')
  const cases: [what: string, jwk: Record<string, unknown>, problem: RegExp][] = [
    ['a shared key', { kty: 'oct', k: 'c2VjcmV0', kid: 'x' }, /not public/],
    ['a private key', { ...pair.privateKey.export({ format: 'jwk' }), kid: 'x' }, /not public/],
    ['a key for encryption', { ...ec.jwk, kid: 'x', use: 'enc' }, /not for signatures/],
    ['a key for signing alone', { ...ec.jwk, kid: 'x', key_ops: ['sign'] }, /not for signatures/],
    ['another algorithm', { ...ec.jwk, kid: 'x', alg: 'RS256' }, /no algorithm/],
    ['an algorithm of shared keys', { ...ec.jwk, kid: 'x', alg: 'HS256' }, /no algorithm/],
    ['another curve', { kty: 'EC', crv: 'secp256k1', x: 'AA', y: 'AA', kid: 'x' }, /no algorithm/],
    ['a curve of everything', { kty: 'EC', crv: '__proto__', kid: 'x' }, /no algorithm/],
    ['a point that is not on the curve', { ...ec.jwk, kid: 'x', x: ec.jwk.y }, /no key/],
    ['half a key', { kty: 'RSA', n: 'AQAB', kid: 'x' }, /no key/],
    ['RSA of 512 bits', createKey('x', 'RS256', 512).jwk, /512 bits/],
    ['RSA with the exponent 1', { ...createKey('x', 'RS256').jwk, e: 'AQ' }, /exponent|no key/],
    ['a name that is no text', { ...ec.jwk, kid: 7 }, /name/],
    ['a name of 10 KB', { ...ec.jwk, kid: 'x'.repeat(10_000) }, /name/]
  ]
  for (const [what, jwk, problem] of cases) {
    const { byId, dropped } = read(jwk, ec.jwk)
    t.same([...byId.keys()], ['ec'], what)
    t.match(dropped, [{ problem }], what)
    t.ok(dropped[0]!.kid.length <= 256)
  }
})

t.test('a name of several keys is none', async t => {
  const { byId, dropped } = read(createKey('twice').jwk, createKey('twice').jwk, ec.jwk)
  t.same([...byId.keys()], ['ec'])
  t.match(dropped, [{ kid: 'twice' }, { kid: 'twice' }])
})

t.test('what is no key set is refused', async t => {
  for (const text of ['', 'null', '[]', '{}', '{"keys": {}}', '<html>', '7']) {
    t.throws(() => readKeySet(text), { name: 'KeySetError' }, text)
  }
  t.throws(() => read(...new Array(101).fill(ec.jwk)), { message: /101 keys/ })
  t.equal(read(null, 'a', ec.jwk).byId.size, 1)
})
