import { generateKeyPairSync } from 'node:crypto'
import { decodeProtectedHeader } from 'jose'
import t from 'tap'
import { createTokens } from '../../../backends/shared/identity.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { readSigningKeys } from '../../../backends/shared/signing-keys.ts'
import { startKeySetServer } from '../../../backends/user/key-set-server.ts'
import { readKeySet } from '../../../lib/auth/key-set.ts'
import { testSecret } from '../helper.ts'

const newKey = (namedCurve = 'P-256') =>
  generateKeyPairSync('ec', {
    namedCurve,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' }
  })

const settings = { secret: testSecret, issuer: 'issuer', audience: 'shop' }
const [old, fresh] = [newKey().privateKey, newKey().privateKey]
const user = { userId: 'ann', roles: ['customer'], tokenVersion: 0 }

t.test('what is published verifies, is no secret, and has the same name wherever it is read', async t => {
  const { kid, document } = readSigningKeys(fresh, old)
  t.same([...readKeySet(document).byId.keys()], [kid, readSigningKeys(old).kid])
  t.same(readKeySet(document).dropped, [])
  t.notMatch(document, /"d":/)
})

t.test('what is no key of ES256 is refused, and not repeated', async t => {
  for (const pem of ['', 'secret', newKey('P-384').privateKey, newKey().publicKey]) {
    t.throws(() => readSigningKeys(pem), { name: 'TypeError', message: /^must be a/ })
  }
})

t.test('a token of ES256 says who it is, and goes on to do so when the key is changed', async t => {
  const { token } = await createTokens({ ...settings, signingKeys: readSigningKeys(old) }).signUser(user)
  t.match(decodeProtectedHeader(token), { alg: 'ES256', kid: readSigningKeys(old).kid })
  const rotated = createTokens({ ...settings, signingKeys: readSigningKeys(fresh, old) })
  t.match(await rotated.verify(token), { subject: 'ann', kind: 'user' })
  const later = createTokens({ ...settings, signingKeys: readSigningKeys(fresh) })
  t.equal(await later.verify(token).catch(reasonOf), 'TOKEN_INVALID')
})

t.test('other services verify with what is published; the shared key proves services alone', async t => {
  const signingKeys = readSigningKeys(fresh)
  const server = await startKeySetServer(signingKeys.document, '127.0.0.1', 0)
  t.teardown(() => server.close())
  const other = createTokens({ ...settings, keySetUrl: server.url })
  const { token } = await createTokens({ ...settings, signingKeys }).signUser(user)
  t.match(await other.verify(token), { subject: 'ann', kind: 'user' })
  t.match(await other.verify(await createTokens(settings).signService('order-service')), { kind: 'service' })
  const shared = await createTokens(settings).signUser(user)
  t.equal(await other.verify(shared.token).catch(reasonOf), 'TOKEN_INVALID')
  t.equal((await fetch(new URL('/other', server.url))).status, 404)
})

t.test('before the keys are known, nobody is told that a token is bad', async t => {
  const { token } = await createTokens({ ...settings, signingKeys: readSigningKeys(fresh) }).signUser(user)
  const other = createTokens({ ...settings, keySetUrl: 'http://127.0.0.1:1/keys' })
  t.equal(await other.verify(token).catch(reasonOf), 'KEYS_UNAVAILABLE')
})
