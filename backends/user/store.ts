import { type Kysely, sql, type Transaction } from 'kysely'
import type { UserRow, UserSchema } from './schema.ts'

type Database = Kysely<UserSchema>

const roles = sql<string[]>`ARRAY(SELECT role FROM user_roles WHERE user_id = users.id ORDER BY role)`.as('roles')

export interface NewUser {
  id: string
  email: string
  username: string
  passwordHash: string
  fullName: string
  phone: string | null
  roles: string[]
}

/** What may change of an account; what is undefined stays. */
export interface UserChanges {
  full_name?: string
  phone?: string | null
  status?: UserRow['status']
  password_hash?: string
}

export interface UserFilters {
  /** Part of the email, username or name; empty for all. */
  q: string
  status: UserRow['status'] | undefined
}

export function findUser(database: Database, id: string): Promise<UserRow | undefined> {
  return database.selectFrom('users').selectAll().select(roles).where('id', '=', id).executeTakeFirst()
}

/** Finds by email, whatever the case. */
export function findUserByEmail(database: Database, email: string): Promise<UserRow | undefined> {
  const same = sql<boolean>`lower(email) = lower(${email})`
  return database.selectFrom('users').selectAll().select(roles).where(same).executeTakeFirst()
}

/** Reads an account and holds it until the transaction ends. */
export function lockUser(transaction: Transaction<UserSchema>, id: string): Promise<UserRow | undefined> {
  return transaction.selectFrom('users').selectAll().select(roles).where('id', '=', id).forUpdate().executeTakeFirst()
}

/** Unique violations come through as they are: see `isUniqueViolation`, users_email_uq and users_username_uq. */
export async function insertUser(transaction: Transaction<UserSchema>, user: NewUser): Promise<UserRow> {
  const row = await transaction
    .insertInto('users')
    .values({
      id: user.id,
      email: user.email,
      username: user.username,
      password_hash: user.passwordHash,
      full_name: user.fullName,
      phone: user.phone
    })
    .returningAll()
    .executeTakeFirstOrThrow()
  await insertRoles(transaction, user.id, user.roles)
  return { ...row, roles: user.roles }
}

/** Changes an account that the transaction holds; with `endSessions`, its access tokens become old. */
export async function updateUser(
  transaction: Transaction<UserSchema>,
  id: string,
  changes: UserChanges,
  endSessions = false
): Promise<UserRow> {
  return transaction
    .updateTable('users')
    .set({ ...changes, updated_at: sql`now()`, version: sql`version + 1` })
    .$if(endSessions, query => query.set({ token_version: sql`token_version + 1` }))
    .where('id', '=', id)
    .returningAll()
    .returning(roles)
    .executeTakeFirstOrThrow()
}

/** Replaces the stored hash of a password that stays the same, unless the password changed meanwhile. */
export async function upgradePasswordHash(database: Database, user: UserRow, hash: string): Promise<void> {
  await database
    .updateTable('users')
    .set({ password_hash: hash })
    .where('id', '=', user.id)
    .where('password_hash', '=', user.password_hash)
    .execute()
}

export async function replaceRoles(transaction: Transaction<UserSchema>, id: string, names: string[]): Promise<void> {
  await transaction.deleteFrom('user_roles').where('user_id', '=', id).where('role', 'not in', names).execute()
  await insertRoles(transaction, id, names)
}

async function insertRoles(transaction: Transaction<UserSchema>, id: string, names: string[]): Promise<void> {
  const values = names.map(role => ({ user_id: id, role }))
  await transaction
    .insertInto('user_roles')
    .values(values)
    .onConflict(conflict => conflict.doNothing())
    .execute()
}

/**
 * The ids of the admins that may sign in. Holds their roles and accounts until the transaction ends, so that two admins who
 * take the role from each other do not both succeed. Take it before any other lock.
 */
export async function lockActiveAdmins(transaction: Transaction<UserSchema>): Promise<string[]> {
  const rows = await transaction
    .selectFrom('user_roles')
    .innerJoin('users', 'users.id', 'user_roles.user_id')
    .select('user_roles.user_id')
    .where('user_roles.role', '=', 'admin')
    .where('users.status', '=', 'active')
    .orderBy('user_roles.user_id')
    .forUpdate()
    .execute()
  return rows.map(row => row.user_id)
}

export async function recordChange(
  transaction: Transaction<UserSchema>,
  record: { user_id: string; actor: string; change: string; reason: string }
): Promise<void> {
  await transaction.insertInto('user_records').values(record).execute()
}

/**
 * Accounts, newest first: ids are UUIDv7, so they sort by age.
 *
 * @param after The id that the page before ended with; null to go by `offset`.
 * @returns One row more than `limit` when there is a next page.
 */
export function listUsers(
  database: Database,
  filters: UserFilters,
  window: { limit: number; offset: number; after: string | null }
): Promise<UserRow[]> {
  return filtered(database, filters)
    .selectAll()
    .select(roles)
    .$if(window.after !== null, query => query.where('id', '<', window.after))
    .orderBy('id', 'desc')
    .limit(window.limit + 1)
    .offset(window.offset)
    .execute()
}

export async function countUsers(database: Database, filters: UserFilters): Promise<number> {
  const { count } = await filtered(database, filters)
    .select(query => query.fn.countAll<bigint>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}

function filtered(database: Database, { q, status }: UserFilters) {
  const pattern = `%${q.replace(/[\\%_]/g, '\\$&')}%`
  return database
    .selectFrom('users')
    .$if(status !== undefined, query => query.where('status', '=', status!))
    .$if(q !== '', query =>
      query.where(where =>
        where.or([
          where('email', 'ilike', pattern),
          where('username', 'ilike', pattern),
          where('full_name', 'ilike', pattern)
        ])
      )
    )
}
