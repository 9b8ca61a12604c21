import { Code, type ConnectError, type HandlerContext, type ServiceImpl } from '@connectrpc/connect'
import type { Transaction } from 'kysely'
import type { UserService } from '../../gen/shop/user/v1/user_pb.ts'
import { callerOf } from '../shared/identity.ts'
import { failure } from '../shared/service-error.ts'
import { inSpan } from '../shared/telemetry.ts'
import { type UserContext, userNotFound } from './context.ts'
import { roleNames, statusName, toUserMessage } from './messages.ts'
import type { UserRow, UserSchema } from './schema.ts'
import { endAllSessions } from './sessions.ts'
import {
  countUsers,
  findUser,
  listUsers,
  lockActiveAdmins,
  lockUser,
  recordChange,
  replaceRoles,
  updateUser
} from './store.ts'

type AdminRpcs = Pick<ServiceImpl<typeof UserService>, 'listUsers' | 'getUser' | 'setUserStatus' | 'setUserRoles'>

/** What admins do with the accounts of others. */
export function adminRpcs(service: UserContext): AdminRpcs {
  const { database, metrics, pager } = service

  return {
    async listUsers(request) {
      const filters = { q: request.q ?? '', status: statusName(request.status) }
      const page = pager.read(request, filters)
      const window = { limit: page.pageSize, offset: page.offset, after: page.cursor?.[0] ?? null }
      const [rows, totalSize] = await metrics.timeQuery('list', () =>
        Promise.all([listUsers(database, filters, window), countUsers(database, filters)])
      )
      const users = rows.slice(0, page.pageSize)
      const last = users.at(-1)
      const nextPageToken = rows.length > users.length && last ? pager.token([last.id], filters) : ''
      return { users: users.map(toUserMessage), page: page.page, pageSize: page.pageSize, totalSize, nextPageToken }
    },

    getUser: ({ userId }) =>
      inSpan('user.get_by_id', { 'user.id': userId }, async () => {
        const user = await metrics.timeQuery('get_by_id', () => findUser(database, userId))
        if (user === undefined) throw userNotFound()
        return toUserMessage(user)
      }),

    setUserStatus: ({ userId, status, reason }, context) =>
      changeAccount(service, context, userId, async (transaction, user, admins) => {
        const name = statusName(status)
        if (name === undefined || user.status === name) return user
        if (user.status === 'deleted') {
          throw failure(Code.FailedPrecondition, 'INVALID_STATE_TRANSITION', 'a deleted account stays deleted')
        }
        const ends = name !== 'active'
        if (ends) keepAnAdmin(admins, userId)
        if (ends) await endAllSessions(transaction, userId)
        await recordChange(transaction, { user_id: userId, actor: actorOf(context), change: `status: ${name}`, reason })
        return updateUser(transaction, userId, { status: name }, ends)
      }),

    setUserRoles: ({ userId, roles }, context) =>
      changeAccount(service, context, userId, async (transaction, user, admins) => {
        // Every user is a customer, whatever else.
        const names = [...new Set(['customer', ...roleNames(roles)])]
        if (names.length === user.roles.length && names.every(name => user.roles.includes(name))) return user
        if (!names.includes('admin')) keepAnAdmin(admins, userId)
        await replaceRoles(transaction, userId, names)
        const change = `roles: ${names.join(', ')}`
        await recordChange(transaction, { user_id: userId, actor: actorOf(context), change, reason: '' })
        return updateUser(transaction, userId, {}, true)
      })
  }
}

async function changeAccount(
  { database, log }: UserContext,
  context: HandlerContext,
  userId: string,
  change: (transaction: Transaction<UserSchema>, user: UserRow, admins: string[]) => Promise<UserRow>
) {
  const user = await database.transaction().execute(async transaction => {
    const admins = await lockActiveAdmins(transaction)
    const held = await lockUser(transaction, userId)
    if (held === undefined) throw userNotFound()
    return change(transaction, held, admins)
  })
  log.info({ user: userId, actor: actorOf(context), rpc: context.method.name }, 'account changed')
  return toUserMessage(user)
}

function actorOf(context: HandlerContext): string {
  return callerOf(context).subject
}

/** Refuses what would leave nobody to manage users. */
function keepAnAdmin(admins: string[], userId: string): void {
  if (admins.length === 1 && admins[0] === userId) throw lastAdmin()
}

function lastAdmin(): ConnectError {
  return failure(Code.FailedPrecondition, 'LAST_ADMIN', 'the last admin cannot be removed')
}
