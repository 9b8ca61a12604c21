import { Code } from '@connectrpc/connect'
import t from 'tap'
import { newId } from '../../../backends/shared/ids.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { createUserService } from '../../../backends/user/service.ts'
import { Role, UserService, UserStatus } from '../../../gen/shop/user/v1/user_pb.ts'
import { refusalOf, startBackend, type Test } from '../helper.ts'

const password = 'password123'
const bootstrapAdmin = { email: 'root@example.com', password }

/** A user service with its first admin, who is signed in. */
async function startAsAdmin(t: Test) {
  const backend = await startBackend(t, createUserService, { bootstrapAdmin })
  const users = backend.client(UserService)
  const session = await users.login(bootstrapAdmin)
  const register = (name: string) =>
    users.register({ email: `${name}@example.com`, username: name, password, fullName: `User ${name}` })
  return { ...backend, users, register, adminId: session.user!.id, admin: backend.client(UserService, session.token) }
}

t.test('the first start makes the admin that it is told to make', async t => {
  const { client } = await startBackend(t, createUserService, { bootstrapAdmin })
  const { user } = await client(UserService).login(bootstrapAdmin)
  t.same(user?.roles, [Role.CUSTOMER, Role.ADMIN])
})

t.test('the next start makes no second admin', async t => {
  const first = await startAsAdmin(t)
  const second = await startBackend(t, createUserService, {
    databaseUrl: first.databaseUrl,
    bootstrapAdmin: { email: 'other@example.com', password }
  })
  const error = await refusalOf(second.client(UserService).login({ email: 'other@example.com', password }))
  t.equal(reasonOf(error), 'INVALID_CREDENTIALS')
})

t.test('an account that took the email of the first admin is not promoted', async t => {
  const { client, databaseUrl } = await startBackend(t, createUserService)
  await client(UserService).register({ ...bootstrapAdmin, username: 'mallory', fullName: 'Mallory' })
  await t.rejects(startBackend(t, createUserService, { databaseUrl, bootstrapAdmin }), { name: 'SettingsError' })
})

t.test('a customer may use none of the admin rpcs', async t => {
  const { client, userToken } = await startAsAdmin(t)
  const customer = client(UserService, await userToken(newId()))
  const userId = newId()
  const calls = [
    customer.listUsers({}),
    customer.getUser({ userId }),
    customer.setUserStatus({ userId, status: UserStatus.ACTIVE }),
    customer.setUserRoles({ userId, roles: [Role.ADMIN] })
  ]
  for (const error of await Promise.all(calls.map(refusalOf))) {
    t.equal(error.code, Code.PermissionDenied)
    t.equal(reasonOf(error), 'ROLE_REQUIRED')
  }
})

t.test('pages by token show every account once, newest first, while accounts are added', async t => {
  const { admin, register } = await startAsAdmin(t)
  for (const name of ['ann', 'bob', 'cid', 'dan']) await register(name)
  const first = await admin.listUsers({ page: 1, pageSize: 2 })
  t.equal(first.page, 1)
  t.equal(first.totalSize, 5)
  await register('eve')
  const second = await admin.listUsers({ pageSize: 2, pageToken: first.nextPageToken })
  const third = await admin.listUsers({ pageSize: 2, pageToken: second.nextPageToken })
  t.equal(third.nextPageToken, '')
  const names = [first, second, third].flatMap(page => page.users.map(user => user.username))
  t.same(names, ['dan', 'cid', 'bob', 'ann', 'admin'])
})

t.test('a search takes its text literally', async t => {
  const { admin, register } = await startAsAdmin(t)
  await register('a_b')
  await register('axb')
  const { users } = await admin.listUsers({ q: 'A_B' })
  t.same(
    users.map(user => user.username),
    ['a_b']
  )
})

t.test('a suspended user is listed as such and has no sessions', async t => {
  const { admin, users, register } = await startAsAdmin(t)
  const ann = await register('ann')
  const { refreshToken } = await users.login({ email: ann.email, password })
  const suspended = await admin.setUserStatus({ userId: ann.id, status: UserStatus.SUSPENDED, reason: 'fraud' })
  t.equal(suspended.status, UserStatus.SUSPENDED)
  t.equal(reasonOf(await refusalOf(users.refreshToken({ refreshToken }))), 'TOKEN_INVALID')
  const listed = await admin.listUsers({ status: UserStatus.SUSPENDED })
  t.same(
    listed.users.map(user => user.id),
    [ann.id]
  )
})

t.test('a suspended user may be made active again', async t => {
  const { admin, users, register } = await startAsAdmin(t)
  const ann = await register('ann')
  await admin.setUserStatus({ userId: ann.id, status: UserStatus.SUSPENDED })
  await admin.setUserStatus({ userId: ann.id, status: UserStatus.ACTIVE })
  t.ok((await users.login({ email: ann.email, password })).token)
})

t.test('setting what is set already changes nothing', async t => {
  const { admin, register } = await startAsAdmin(t)
  const ann = await register('ann')
  t.equal((await admin.setUserStatus({ userId: ann.id, status: UserStatus.ACTIVE })).etag, ann.etag)
  t.equal((await admin.setUserRoles({ userId: ann.id, roles: [Role.CUSTOMER] })).etag, ann.etag)
})

t.test('new roles are in the next token', async t => {
  const { admin, users, tokens, register } = await startAsAdmin(t)
  const ann = await register('ann')
  const changed = await admin.setUserRoles({ userId: ann.id, roles: [Role.OPERATOR] })
  t.same(changed.roles, [Role.CUSTOMER, Role.OPERATOR])
  const { token } = await users.login({ email: ann.email, password })
  t.ok((await tokens.verify(token)).roles.has('operator'))
})

t.test('the last admin keeps the role and the right to sign in', async t => {
  const { admin, adminId } = await startAsAdmin(t)
  const demoted = await refusalOf(admin.setUserRoles({ userId: adminId, roles: [Role.CUSTOMER] }))
  const suspended = await refusalOf(admin.setUserStatus({ userId: adminId, status: UserStatus.SUSPENDED }))
  for (const error of [demoted, suspended]) {
    t.equal(error.code, Code.FailedPrecondition)
    t.equal(reasonOf(error), 'LAST_ADMIN')
  }
})

t.test('two admins who take the role from each other at once leave one', async t => {
  const { admin, adminId, client, userToken, register } = await startAsAdmin(t)
  const ann = await register('ann')
  await admin.setUserRoles({ userId: ann.id, roles: [Role.ADMIN] })
  const other = client(UserService, await userToken(ann.id, ['admin']))
  const outcomes = await Promise.allSettled([
    admin.setUserRoles({ userId: ann.id, roles: [Role.CUSTOMER] }),
    other.setUserRoles({ userId: adminId, roles: [Role.CUSTOMER] })
  ])
  const [refused] = outcomes.filter(outcome => outcome.status === 'rejected')
  t.equal(reasonOf(refused?.reason), 'LAST_ADMIN')
})

t.test('an account that does not exist is not found', async t => {
  const { admin } = await startAsAdmin(t)
  const userId = newId()
  t.equal(reasonOf(await refusalOf(admin.getUser({ userId }))), 'USER_NOT_FOUND')
  t.equal(reasonOf(await refusalOf(admin.setUserRoles({ userId, roles: [Role.ADMIN] }))), 'USER_NOT_FOUND')
})
