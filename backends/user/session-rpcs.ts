import type { MessageInitShape } from '@bufbuild/protobuf'
import { Code, type ServiceImpl } from '@connectrpc/connect'
import type { LoginRequest, LoginResponseSchema, UserService } from '../../gen/shop/user/v1/user_pb.ts'
import { failure } from '../shared/service-error.ts'
import { inSpan } from '../shared/telemetry.ts'
import { toTimestamp } from '../shared/time.ts'
import { invalidCredentials, ownId, type UserContext } from './context.ts'
import { toUserMessage } from './messages.ts'
import type { UserRow } from './schema.ts'
import { endAllSessions, endSession, issueRefreshToken, rotateRefreshToken } from './sessions.ts'
import { findUser, findUserByEmail, upgradePasswordHash } from './store.ts'

type SessionRpcs = Pick<ServiceImpl<typeof UserService>, 'login' | 'refreshToken' | 'logout'>

/** Signing in, staying signed in, signing out. */
export function sessionRpcs(service: UserContext): SessionRpcs {
  const { database, metrics } = service

  return {
    login: request =>
      metrics.countLogin(() =>
        inSpan('user.login', {}, async span => {
          const user = await checkCredentials(service, request)
          span.setAttribute('user.id', user.id)
          const refreshToken = await database.transaction().execute(each => issueRefreshToken(each, user.id))
          return openSession(service, user, refreshToken)
        })
      ),

    async refreshToken(request) {
      const session = await database.transaction().execute(async transaction => {
        const rotated = await rotateRefreshToken(transaction, request.refreshToken)
        if ('refused' in rotated) return rotated
        const user = await findUser(transaction, rotated.userId)
        const next = await issueRefreshToken(transaction, rotated.userId, rotated.familyId)
        return { user, next }
      })
      if ('refused' in session) throw session.refused
      if (session.user?.status !== 'active') throw failure(Code.Unauthenticated, 'TOKEN_INVALID', 'invalid token')
      return openSession(service, session.user, session.next)
    },

    async logout({ refreshToken }, context) {
      if (refreshToken === undefined) await endAllSessions(database, ownId(context))
      else await endSession(database, ownId(context), refreshToken)
      return {}
    }
  }
}

/** Takes the same time and gives the same refusal whether the email is unknown, the password wrong or the user suspended. */
async function checkCredentials(service: UserContext, { email, password }: LoginRequest): Promise<UserRow> {
  const { database, passwords, metrics, throttle } = service
  const name = email.toLowerCase()
  throttle.begin(name)
  const user = await metrics.timeQuery('get_by_email', () => findUserByEmail(database, email))
  const right = await passwords.verify(password, user?.password_hash)
  if (!right || user?.status !== 'active') throw invalidCredentials()
  throttle.succeed(name)
  if (passwords.isOutdated(user.password_hash)) {
    await upgradePasswordHash(database, user, await passwords.hash(password))
  }
  return user
}

async function openSession(
  { tokens }: UserContext,
  user: UserRow,
  refreshToken: string
): Promise<MessageInitShape<typeof LoginResponseSchema>> {
  const access = await tokens.signUser({ userId: user.id, roles: user.roles, tokenVersion: user.token_version })
  return {
    token: access.token,
    tokenType: 'Bearer',
    expiresAt: toTimestamp(access.expiresAt),
    refreshToken,
    user: toUserMessage(user)
  }
}
