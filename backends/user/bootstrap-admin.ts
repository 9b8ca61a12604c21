import { type Kysely, sql } from 'kysely'
import { isUniqueViolation } from '../shared/database.ts'
import { newId } from '../shared/ids.ts'
import { SettingsError } from '../shared/settings.ts'
import type { Passwords } from './passwords.ts'
import type { UserSchema } from './schema.ts'
import { insertUser } from './store.ts'

/** Processes that start together wait for each other here. */
const lockId = 7_145_001

/**
 * Makes the first admin, when there is no admin at all. An account that already has the email is not promoted: whoever
 * registered it first would be handed the shop.
 *
 * @returns Whether an admin was made.
 * @throws SettingsError when the email or the username "admin" belongs to somebody
 */
export async function bootstrapAdmin(
  database: Kysely<UserSchema>,
  passwords: Passwords,
  admin: { email: string; password: string }
): Promise<boolean> {
  try {
    return await database.transaction().execute(async transaction => {
      await sql`SELECT pg_advisory_xact_lock(${lockId})`.execute(transaction)
      const someAdmin = await transaction
        .selectFrom('user_roles')
        .select('user_id')
        .where('role', '=', 'admin')
        .executeTakeFirst()
      if (someAdmin !== undefined) return false
      await insertUser(transaction, {
        id: newId(),
        email: admin.email,
        username: 'admin',
        passwordHash: await passwords.hash(admin.password),
        fullName: 'Administrator',
        phone: null,
        roles: ['customer', 'admin']
      })
      return true
    })
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw new SettingsError('BOOTSTRAP_ADMIN_EMAIL or the username "admin" belongs to an account that is no admin', {
      cause: error
    })
  }
}
