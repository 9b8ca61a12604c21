import { Code, ConnectError } from '@connectrpc/connect'
import t from 'tap'
import type { BackendFactory } from '../../../backends/shared/backend.ts'
import { callerOf } from '../../../backends/shared/identity.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { UserService } from '../../../gen/shop/user/v1/user_pb.ts'
import { startBackend } from '../helper.ts'

const echo: BackendFactory = async () => ({
  services: [UserService],
  routes: router =>
    router.service(UserService, {
      getMe: (_request, context) => ({ id: callerOf(context).subject }),
      getUser() {
        throw new TypeError('a secret of the inside')
      }
    }),
  ready: async () => true,
  close: async () => {}
})

t.test('a caller with a token is known to the handler', async t => {
  const { client, userToken } = await startBackend(t, echo, { databaseUrl: 'postgres://unused' })
  const { id } = await client(UserService, await userToken('somebody')).getMe({})
  t.equal(id, 'somebody')
})

t.test('an unexpected error says nothing of the inside', async t => {
  const { client, userToken } = await startBackend(t, echo, { databaseUrl: 'postgres://unused' })
  const admin = client(UserService, await userToken('root', ['admin']))
  const error = await admin.getUser({ userId: '0197f1f0-0000-7000-8000-000000000000' }).catch(ConnectError.from)
  t.equal((error as ConnectError).code, Code.Internal)
  t.equal((error as ConnectError).rawMessage, 'internal error')
  t.equal(reasonOf(error), 'INTERNAL')
})
