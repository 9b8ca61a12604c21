import { argon2Sync } from 'node:crypto'
import t from 'tap'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { createPasswords } from '../../../backends/user/passwords.ts'

const passwords = await createPasswords()

t.test('a password fits its hash, and no other does', async t => {
  const hash = await passwords.hash('password123')
  t.ok(await passwords.verify('password123', hash))
  t.notOk(await passwords.verify('password124', hash))
})

t.test('a hash is a PHC string with the parameters that it was made with', async t => {
  const hash = await passwords.hash('password123')
  t.match(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  t.notOk(passwords.isOutdated(hash))
})

t.test('one password has another hash each time', async t => {
  t.not(await passwords.hash('password123'), await passwords.hash('password123'))
})

t.test('a hash with weaker parameters still fits, and is outdated', async t => {
  const nonce = Buffer.from('sixteen bytes ok')
  const tag = argon2Sync('argon2id', { message: 'old', nonce, memory: 8_192, passes: 1, parallelism: 1, tagLength: 32 })
  const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  const hash = `$argon2id$v=19$m=8192,t=1,p=1$${text(nonce)}$${text(tag)}`
  t.ok(await passwords.verify('old', hash))
  t.ok(passwords.isOutdated(hash))
})

t.test('without a hash no password fits', async t => {
  t.notOk(await passwords.verify('password123', undefined))
})

t.test('what is no hash is an error, not a wrong password', async t => {
  await t.rejects(passwords.verify('password123', 'plain text'), { name: 'TypeError' })
})

t.test('who would wait too long is sent away at once, and the others are served', async t => {
  const busy = await createPasswords(2)
  const hash = await busy.hash('password123')
  const attempts = Array.from({ length: 6 }, () => busy.verify('password123', hash).catch(reasonOf))
  t.same(await Promise.all(attempts), [true, true, true, true, true, 'RATE_LIMITED'])
})
