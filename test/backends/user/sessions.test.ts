import { Code } from '@connectrpc/connect'
import { decodeJwt } from 'jose'
import pg from 'pg'
import t from 'tap'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { createUserService } from '../../../backends/user/service.ts'
import { RetryInfoSchema } from '../../../gen/google/rpc/error_details_pb.ts'
import { UserService } from '../../../gen/shop/user/v1/user_pb.ts'
import { refusalOf, startBackend, type Test } from '../helper.ts'

const email = 'ann@example.com'
const password = 'password123'

/** A user service with one account, Ann's. */
async function startWithAnn(t: Test) {
  const { client, tokens, databaseUrl } = await startBackend(t, createUserService)
  const users = client(UserService)
  const ann = await users.register({ email, username: 'ann', password, fullName: 'Ann Lee' })
  return { users, ann, tokens, databaseUrl, as: (token: string) => client(UserService, token) }
}

async function query(databaseUrl: string, statement: string) {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query(statement)
  await client.end()
  return rows
}

t.test('signing in gives a token that says who the user is', async t => {
  const { users, ann, as } = await startWithAnn(t)
  const session = await users.login({ email: 'ANN@example.com', password })
  t.equal(session.tokenType, 'Bearer')
  t.equal(session.user?.id, ann.id)
  const claims = decodeJwt(session.token)
  t.match(claims, { sub: ann.id, user_id: ann.id, roles: ['customer'], ver: 0, iss: 'shop-user-service', aud: 'shop' })
  t.ok(claims.jti)
  t.equal(claims.exp! - claims.iat!, 3600)
  t.equal(Number(session.expiresAt?.seconds), claims.exp)
  const me = await as(session.token).getMe({})
  t.equal(me.id, ann.id)
})

t.test('an unknown email, a wrong password and a suspended user get the same answer', async t => {
  const { users, databaseUrl } = await startWithAnn(t)
  const wrong = await refusalOf(users.login({ email, password: 'password124' }))
  const unknown = await refusalOf(users.login({ email: 'bob@example.com', password }))
  await query(databaseUrl, `UPDATE users SET status = 'suspended'`)
  const suspended = await refusalOf(users.login({ email, password }))
  for (const error of [wrong, unknown, suspended]) {
    t.equal(error.code, Code.Unauthenticated)
    t.equal(error.rawMessage, 'invalid email or password')
    t.equal(reasonOf(error), 'INVALID_CREDENTIALS')
  }
})

t.test('a password that is typed in another Unicode form is the same', async t => {
  const { client } = await startBackend(t, createUserService)
  const users = client(UserService)
  await users.register({ email, username: 'ann', password: 'pass\u00e9word', fullName: 'Ann Lee' })
  const session = await users.login({ email, password: 'passe\u0301word' })
  t.ok(session.token)
})

t.test('signing in raises an outdated hash to the parameters of today', async t => {
  const { users, databaseUrl } = await startWithAnn(t)
  // argon2id of "password123" with m=8192, t=1.
  const outdated = '$argon2id$v=19$m=8192,t=1,p=1$c2l4dGVlbiBieXRlcyBvaw$4KdB2U34UOLkZsE8gY/PLodGCBNjE8KhBPY95t0TM+k'
  await query(databaseUrl, `UPDATE users SET password_hash = '${outdated}'`)
  await users.login({ email, password })
  const [row] = await query(databaseUrl, 'SELECT password_hash FROM users')
  t.match(row.password_hash, '$argon2id$v=19$m=19456,t=2,p=1$')
  t.ok((await users.login({ email, password })).token)
})

t.test('ten wrong passwords close an email for a while, even for the right one', async t => {
  const { users } = await startWithAnn(t)
  const wrong = () => refusalOf(users.login({ email, password: 'password124' }))
  const reasons = (await Promise.all(Array.from({ length: 12 }, wrong))).map(reasonOf)
  t.equal(reasons.filter(reason => reason === 'INVALID_CREDENTIALS').length, 10)
  const error = await refusalOf(users.login({ email, password }))
  t.equal(error.code, Code.ResourceExhausted)
  t.equal(reasonOf(error), 'LOGIN_THROTTLED')
  const [retry] = error.findDetails(RetryInfoSchema)
  const seconds = Number(retry?.retryDelay?.seconds)
  t.ok(seconds > 0 && seconds <= 300)
})

t.test('a refresh token trades for the next pair', async t => {
  const { users, ann, as } = await startWithAnn(t)
  const first = await users.login({ email, password })
  const second = await users.refreshToken({ refreshToken: first.refreshToken })
  t.not(second.refreshToken, first.refreshToken)
  t.equal((await as(second.token).getMe({})).id, ann.id)
})

t.test('a refresh token that is used twice ends the session for both holders', async t => {
  const { users } = await startWithAnn(t)
  const { refreshToken } = await users.login({ email, password })
  const next = await users.refreshToken({ refreshToken })
  const reused = await refusalOf(users.refreshToken({ refreshToken }))
  t.equal(reused.code, Code.Unauthenticated)
  t.equal(reasonOf(reused), 'REFRESH_REUSED')
  const revoked = await refusalOf(users.refreshToken({ refreshToken: next.refreshToken }))
  t.equal(reasonOf(revoked), 'TOKEN_INVALID')
})

t.test('one refresh token that is used at once by many is traded once', async t => {
  const { users } = await startWithAnn(t)
  const { refreshToken } = await users.login({ email, password })
  const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => users.refreshToken({ refreshToken })))
  t.equal(outcomes.filter(outcome => outcome.status === 'fulfilled').length, 1)
})

t.test('an expired refresh token says so', async t => {
  const { users, databaseUrl } = await startWithAnn(t)
  const { refreshToken } = await users.login({ email, password })
  await query(databaseUrl, `UPDATE refresh_tokens SET expires_at = now() - interval '1 second'`)
  t.equal(reasonOf(await refusalOf(users.refreshToken({ refreshToken }))), 'TOKEN_EXPIRED')
})

t.test('a suspended user cannot refresh', async t => {
  const { users, databaseUrl } = await startWithAnn(t)
  const { refreshToken } = await users.login({ email, password })
  await query(databaseUrl, `UPDATE users SET status = 'suspended'`)
  t.equal(reasonOf(await refusalOf(users.refreshToken({ refreshToken }))), 'TOKEN_INVALID')
})

t.test('signing out with a refresh token ends that session only', async t => {
  const { users, as } = await startWithAnn(t)
  const phone = await users.login({ email, password })
  const laptop = await users.login({ email, password })
  await as(phone.token).logout({ refreshToken: phone.refreshToken })
  t.equal(reasonOf(await refusalOf(users.refreshToken({ refreshToken: phone.refreshToken }))), 'TOKEN_INVALID')
  t.ok((await users.refreshToken({ refreshToken: laptop.refreshToken })).token)
})

t.test('signing out without a refresh token ends all sessions', async t => {
  const { users, as } = await startWithAnn(t)
  const phone = await users.login({ email, password })
  const laptop = await users.login({ email, password })
  await as(phone.token).logout({})
  for (const { refreshToken } of [phone, laptop]) {
    t.equal(reasonOf(await refusalOf(users.refreshToken({ refreshToken }))), 'TOKEN_INVALID')
  }
})

t.test("another user's session cannot be ended", async t => {
  const { users, as } = await startWithAnn(t)
  const session = await users.login({ email, password })
  await users.register({ email: 'bob@example.com', username: 'bob', password, fullName: 'Bob' })
  const bob = await users.login({ email: 'bob@example.com', password })
  await as(bob.token).logout({ refreshToken: session.refreshToken })
  t.ok((await users.refreshToken({ refreshToken: session.refreshToken })).token)
})

t.test('no password and no refresh token is stored as it is', async t => {
  const { users, databaseUrl } = await startWithAnn(t)
  const { refreshToken } = await users.login({ email, password })
  const [user] = await query(databaseUrl, 'SELECT users::text FROM users')
  const [stored] = await query(databaseUrl, 'SELECT refresh_tokens::text FROM refresh_tokens')
  t.match(user.users, '$argon2id$v=19$m=19456,t=2,p=1$')
  t.notMatch(user.users, password)
  t.notMatch(stored.refresh_tokens, refreshToken)
})
