import type { MessageInitShape } from '@bufbuild/protobuf'
import { Role, type UserSchema as UserMessage, UserStatus } from '../../gen/shop/user/v1/user_pb.ts'
import { formatEtag } from '../shared/etag.ts'
import { toTimestamp } from '../shared/time.ts'
import type { UserRow } from './schema.ts'

const statuses = {
  active: UserStatus.ACTIVE,
  suspended: UserStatus.SUSPENDED,
  deleted: UserStatus.DELETED
} as const satisfies Record<UserRow['status'], UserStatus>

/** In the order that they are shown. */
const roles: [string, Role][] = [
  ['customer', Role.CUSTOMER],
  ['operator', Role.OPERATOR],
  ['admin', Role.ADMIN]
]

/** An account as clients see it: without its password hash. */
export function toUserMessage(row: UserRow): MessageInitShape<typeof UserMessage> {
  return {
    id: row.id,
    email: row.email,
    username: row.username,
    fullName: row.full_name,
    phone: row.phone ?? '',
    status: statuses[row.status],
    roles: roles.filter(([name]) => row.roles.includes(name)).map(([, role]) => role),
    createdAt: toTimestamp(row.created_at),
    updatedAt: toTimestamp(row.updated_at),
    etag: formatEtag(row.version)
  }
}

/** The stored name of a status; undefined for UNSPECIFIED. */
export function statusName(status: UserStatus): UserRow['status'] | undefined {
  const names = Object.keys(statuses) as UserRow['status'][]
  return names.find(name => statuses[name] === status)
}

/** The stored names of roles. */
export function roleNames(given: Role[]): string[] {
  return roles.filter(([, role]) => given.includes(role)).map(([name]) => name)
}
