import { Code } from '@connectrpc/connect'
import t from 'tap'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { createUserService } from '../../../backends/user/service.ts'
import { Role, UserService, UserStatus } from '../../../gen/shop/user/v1/user_pb.ts'
import { refusalOf, startBackend, type Test } from '../helper.ts'

const ann = { email: 'Ann@example.com', username: 'Ann', password: 'password123', fullName: 'Ann Lee' }

async function startUsers(t: Test) {
  const { client } = await startBackend(t, createUserService)
  return client(UserService)
}

t.test('a new account is an active customer', async t => {
  const users = await startUsers(t)
  const user = await users.register({ ...ann, phone: '1234567890' })
  t.match(user.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-/)
  t.equal(user.email, 'Ann@example.com')
  t.equal(user.fullName, 'Ann Lee')
  t.equal(user.phone, '1234567890')
  t.equal(user.status, UserStatus.ACTIVE)
  t.same(user.roles, [Role.CUSTOMER])
  t.equal(user.etag, '"1"')
  t.ok(user.createdAt)
})

t.test('an email is taken whatever its case', async t => {
  const users = await startUsers(t)
  await users.register(ann)
  const error = await refusalOf(users.register({ ...ann, email: 'ANN@EXAMPLE.COM', username: 'other' }))
  t.equal(error.code, Code.AlreadyExists)
  t.equal(reasonOf(error), 'EMAIL_TAKEN')
})

t.test('a username is taken whatever its case', async t => {
  const users = await startUsers(t)
  await users.register(ann)
  const error = await refusalOf(users.register({ ...ann, email: 'bob@example.com', username: 'aNN' }))
  t.equal(error.code, Code.AlreadyExists)
  t.equal(reasonOf(error), 'USERNAME_TAKEN')
})

t.test('a repetition with the same request id opens no second account', async t => {
  const users = await startUsers(t)
  const request = { ...ann, requestId: 'attempt-1' }
  const first = await users.register(request)
  let replayed: string | null = null
  const second = await users.register(request, {
    onHeader: headers => {
      replayed = headers.get('idempotency-replayed')
    }
  })
  t.equal(second.id, first.id)
  t.equal(replayed, 'true')
})

t.test('repetitions at once open one account', async t => {
  const users = await startUsers(t)
  const request = { ...ann, requestId: 'attempt-1' }
  const answers = await Promise.all(Array.from({ length: 6 }, () => users.register(request)))
  t.equal(new Set(answers.map(user => user.id)).size, 1)
})

t.test('a request id cannot be used for another account', async t => {
  const users = await startUsers(t)
  await users.register({ ...ann, requestId: 'attempt-1' })
  const other = { ...ann, email: 'bob@example.com', username: 'bob', requestId: 'attempt-1' }
  const error = await refusalOf(users.register(other))
  t.equal(error.code, Code.InvalidArgument)
  t.equal(reasonOf(error), 'IDEMPOTENCY_KEY_REUSED')
})

t.test('a request id cannot be used for another password', async t => {
  const users = await startUsers(t)
  await users.register({ ...ann, requestId: 'attempt-1' })
  const error = await refusalOf(users.register({ ...ann, password: 'password456', requestId: 'attempt-1' }))
  t.equal(reasonOf(error), 'IDEMPOTENCY_KEY_REUSED')
})

t.test('a refused request id is free for the next attempt', async t => {
  const users = await startUsers(t)
  await users.register(ann)
  const other = { ...ann, email: 'bob@example.com', requestId: 'attempt-1' }
  t.equal(reasonOf(await refusalOf(users.register(other))), 'USERNAME_TAKEN')
  const { username } = await users.register({ ...other, username: 'bob' })
  t.equal(username, 'bob')
})
