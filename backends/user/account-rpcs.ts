import { Code, type ServiceImpl } from '@connectrpc/connect'
import {
  type RegisterRequest,
  RegisterRequestSchema,
  type UpdateMeRequest,
  type UserService
} from '../../gen/shop/user/v1/user_pb.ts'
import { isUniqueViolation } from '../shared/database.ts'
import { checkEtag } from '../shared/etag.ts'
import { claimKey, type KeyedRequest, keyReused, markReplayed, recallKey } from '../shared/idempotency.ts'
import { newId } from '../shared/ids.ts'
import { requestHash } from '../shared/request-hash.ts'
import { failure } from '../shared/service-error.ts'
import { inSpan } from '../shared/telemetry.ts'
import { invalidCredentials, ownId, type UserContext, userNotFound } from './context.ts'
import { toUserMessage } from './messages.ts'
import type { UserRow } from './schema.ts'
import { endAllSessions } from './sessions.ts'
import { findUser, insertUser, lockUser, recordChange, type UserChanges, updateUser } from './store.ts'

type AccountRpcs = Pick<ServiceImpl<typeof UserService>, 'register' | 'getMe' | 'updateMe' | 'changePassword'>

/** What users do with their own account. */
export function accountRpcs(service: UserContext): AccountRpcs {
  const { database, passwords, metrics, throttle } = service

  return {
    register: (request, context) =>
      metrics.countRegistration(() =>
        inSpan('user.register', {}, async span => {
          const { user, replayed } = await register(service, request)
          span.setAttribute('user.id', user.id)
          if (replayed) markReplayed(context)
          return toUserMessage(user)
        })
      ),

    getMe: (_request, context) =>
      inSpan('user.get_by_id', { 'user.id': ownId(context) }, async () => {
        const user = await metrics.timeQuery('get_by_id', () => findUser(database, ownId(context)))
        if (user === undefined) throw userNotFound()
        return toUserMessage(user)
      }),

    async updateMe(request, context) {
      const changes = readChanges(request)
      const user = await database.transaction().execute(async transaction => {
        const held = await lockUser(transaction, ownId(context))
        if (held === undefined) throw userNotFound()
        checkEtag(request.etag, held.version)
        return Object.keys(changes).length === 0 ? held : updateUser(transaction, held.id, changes)
      })
      return toUserMessage(user)
    },

    async changePassword({ currentPassword, newPassword }, context) {
      const user = await findUser(database, ownId(context))
      if (user === undefined) throw userNotFound()
      throttle.begin(user.id)
      if (!(await passwords.verify(currentPassword, user.password_hash))) throw invalidCredentials()
      throttle.succeed(user.id)
      await setPassword(service, user, await passwords.hash(newPassword))
      return {}
    }
  }
}

async function register(service: UserContext, request: RegisterRequest): Promise<{ user: UserRow; replayed: boolean }> {
  const { database, passwords, metrics } = service
  const keyed = keyOf(request)
  const earlier = keyed && (await recallKey(database, keyed))
  if (earlier) return { user: await replay(service, earlier, request), replayed: true }

  const id = newId()
  // Before the transaction: a connection should not be held for the time of a hash.
  const passwordHash = await passwords.hash(request.password)
  const { email, username, fullName, phone = null } = request
  const user = { id, email, username, passwordHash, fullName, phone, roles: ['customer'] }
  try {
    const opened = await metrics.timeQuery('register', () =>
      database.transaction().execute(async transaction => {
        const first = keyed && (await claimKey(transaction, keyed, id))
        return first || insertUser(transaction, user)
      })
    )
    if (typeof opened === 'string') return { user: await replay(service, opened, request), replayed: true }
    return { user: opened, replayed: false }
  } catch (error) {
    throw translateConflict(error)
  }
}

/** The password is no part of the hash that is kept: a fast hash of it would give it away. `replay` checks it instead. */
function keyOf(request: RegisterRequest): KeyedRequest | null {
  if (request.requestId === undefined) return null
  const hash = requestHash(RegisterRequestSchema, { ...request, password: '' })
  return { scope: 'Register', key: request.requestId, hash }
}

async function replay(service: UserContext, userId: string, request: RegisterRequest): Promise<UserRow> {
  const user = await findUser(service.database, userId)
  if (user === undefined) throw userNotFound()
  if (!(await service.passwords.verify(request.password, user.password_hash))) throw keyReused()
  return user
}

function translateConflict(error: unknown): unknown {
  if (isUniqueViolation(error, 'users_email_uq')) {
    return failure(Code.AlreadyExists, 'EMAIL_TAKEN', 'email is already registered', { cause: error })
  }
  if (isUniqueViolation(error, 'users_username_uq')) {
    return failure(Code.AlreadyExists, 'USERNAME_TAKEN', 'username is already taken', { cause: error })
  }
  return error
}

/** The fields that the mask names; without a mask, those that the request holds. */
function readChanges({ fullName, phone, updateMask }: UpdateMeRequest): UserChanges {
  const given = [fullName !== undefined && 'full_name', phone !== undefined && 'phone'].filter(path => path !== false)
  const changes: UserChanges = {}
  for (const path of updateMask?.paths ?? given) {
    if (path === 'phone') changes.phone = phone || null
    else if (path !== 'full_name') throw badMask(`"${path}" cannot be changed: only full_name and phone can`)
    else if (fullName === undefined) throw badMask('full_name is named but not given')
    else changes.full_name = fullName
  }
  return changes
}

function badMask(description: string) {
  const violations = [{ field: 'update_mask', description }]
  return failure(Code.InvalidArgument, 'VALIDATION_FAILED', `update_mask: ${description}`, { violations })
}

async function setPassword(service: UserContext, user: UserRow, hash: string): Promise<void> {
  await service.database.transaction().execute(async transaction => {
    const held = await lockUser(transaction, user.id)
    // Checked against another password than the one stored now: somebody was faster.
    if (held?.password_hash !== user.password_hash) throw invalidCredentials()
    await updateUser(transaction, user.id, { password_hash: hash }, true)
    await endAllSessions(transaction, user.id)
    await recordChange(transaction, { user_id: user.id, actor: user.id, change: 'password', reason: '' })
  })
}
