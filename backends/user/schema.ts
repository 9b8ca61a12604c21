import type { Generated, Selectable } from 'kysely'

interface UsersTable {
  id: string
  email: string
  username: string
  password_hash: string
  full_name: string
  phone: string | null
  status: Generated<'active' | 'suspended' | 'deleted'>
  token_version: Generated<number>
  version: Generated<bigint>
  created_at: Generated<Date>
  updated_at: Generated<Date>
}

interface RefreshTokensTable {
  id: string
  family_id: string
  user_id: string
  token_sha256: Buffer
  expires_at: Date
  rotated_at: Date | null
  revoked_at: Date | null
}

/** The tables of the users database. */
export interface UserSchema {
  users: UsersTable
  user_roles: { user_id: string; role: string }
  refresh_tokens: RefreshTokensTable
  user_records: { user_id: string; actor: string; change: string; reason: string }
}

/** An account with its roles, as the store reads it. */
export type UserRow = Selectable<UsersTable> & { roles: string[] }
