import { Code } from '@connectrpc/connect'
import t from 'tap'
import { newId } from '../../../backends/shared/ids.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { createUserService } from '../../../backends/user/service.ts'
import { UserService } from '../../../gen/shop/user/v1/user_pb.ts'
import { refusalOf, startBackend, type Test } from '../helper.ts'

const email = 'ann@example.com'
const password = 'password123'

/** A user service, and Ann who is signed in. */
async function startAsAnn(t: Test) {
  const { client, userToken } = await startBackend(t, createUserService)
  const users = client(UserService)
  const user = await users.register({ email, username: 'ann', password, fullName: 'Ann Lee', phone: '1234567890' })
  return { users, user, ann: client(UserService, await userToken(user.id)), client, userToken }
}

t.test('the account of a token that outlived it is not found', async t => {
  const { client, userToken } = await startAsAnn(t)
  const error = await refusalOf(client(UserService, await userToken(newId())).getMe({}))
  t.equal(error.code, Code.NotFound)
  t.equal(reasonOf(error), 'USER_NOT_FOUND')
})

t.test('a change touches what the request holds, and counts the version', async t => {
  const { ann } = await startAsAnn(t)
  const changed = await ann.updateMe({ fullName: 'Ann Smith' })
  t.equal(changed.fullName, 'Ann Smith')
  t.equal(changed.phone, '1234567890')
  t.equal(changed.etag, '"2"')
})

t.test('an empty phone removes it', async t => {
  const { ann } = await startAsAnn(t)
  t.equal((await ann.updateMe({ phone: '' })).phone, '')
})

t.test('a mask narrows what the request holds', async t => {
  const { ann } = await startAsAnn(t)
  const changed = await ann.updateMe({ fullName: 'Ann Smith', phone: '7654321', updateMask: { paths: ['phone'] } })
  t.equal(changed.fullName, 'Ann Lee')
  t.equal(changed.phone, '7654321')
})

t.test('a mask cannot name what users may not change', async t => {
  const { ann } = await startAsAnn(t)
  const error = await refusalOf(ann.updateMe({ updateMask: { paths: ['email'] } }))
  t.equal(error.code, Code.InvalidArgument)
  t.match(error.rawMessage, '"email" cannot be changed')
})

t.test('a change for another version is refused', async t => {
  const { ann, user } = await startAsAnn(t)
  await ann.updateMe({ fullName: 'Ann Smith', etag: user.etag })
  const error = await refusalOf(ann.updateMe({ fullName: 'Ann Miller', etag: user.etag }))
  t.equal(error.code, Code.Aborted)
  t.equal(reasonOf(error), 'ETAG_MISMATCH')
})

t.test('a new password replaces the old one and ends all sessions', async t => {
  const { users, ann } = await startAsAnn(t)
  const { refreshToken } = await users.login({ email, password })
  await ann.changePassword({ currentPassword: password, newPassword: 'password456' })
  t.equal(reasonOf(await refusalOf(users.refreshToken({ refreshToken }))), 'TOKEN_INVALID')
  t.equal(reasonOf(await refusalOf(users.login({ email, password }))), 'INVALID_CREDENTIALS')
  t.ok((await users.login({ email, password: 'password456' })).token)
})

t.test('a new password needs the one so far', async t => {
  const { ann } = await startAsAnn(t)
  const error = await refusalOf(ann.changePassword({ currentPassword: 'password124', newPassword: 'password456' }))
  t.equal(error.code, Code.Unauthenticated)
  t.equal(reasonOf(error), 'INVALID_CREDENTIALS')
})
