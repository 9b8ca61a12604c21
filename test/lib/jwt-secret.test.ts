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
