import { randomBytes } from 'node:crypto'
import t from 'tap'
import { weaknessOf } from '../../lib/jwt-secret.ts'

t.test('32 random bytes may sign tokens, in any spelling', async t => {
  for (const encoding of ['hex', 'base64', 'base64url'] as const) {
    t.equal(weaknessOf(randomBytes(32).toString(encoding)), null)
  }
})

for (const secret of [
  'your-secret-key',
  'Your_Super_Secret_Key-that-nobody-would-guess',
  'please change me, please change me'
]) {
  t.test(`"${secret}" is well known`, async t => {
    t.equal(weaknessOf(secret), 'is a well-known value')
  })
}

t.test('bytes count, not characters', async t => {
  t.equal(weaknessOf('0123456789abcdefghijklmnopqrstu'), 'must be at least 32 bytes long')
  t.equal(weaknessOf('0123456789abcdefghijklmnopqrst\u00e9'), null)
})

t.test('a few characters over and over are not random', async t => {
  t.match(weaknessOf('abcdefg'.repeat(5)), 'repeats a few characters')
})

t.test('the public half of a key is no secret, whatever is around it', async t => {
  for (const secret of [
    '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----',
    ' \ufeff# our key\n-----BEGIN RSA PUBLIC KEY-----\nMIIBCgKCAQEA',
    '{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx","e":"AQAB"}',
    '{"keys":[{"kty" : "EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}]}'
  ]) {
    t.match(weaknessOf(secret), /PEM or JWK/)
  }
})
