import { type Kysely, sql } from 'kysely'
import { UserService } from '../../gen/shop/user/v1/user_pb.ts'
import type { BackendFactory } from '../shared/backend.ts'
import { openDatabase } from '../shared/database.ts'
import type { ServiceSettings } from '../shared/settings.ts'
import { accountRpcs } from './account-rpcs.ts'
import { adminRpcs } from './admin-rpcs.ts'
import { bootstrapAdmin } from './bootstrap-admin.ts'
import { startKeySetServer } from './key-set-server.ts'
import { createLoginThrottle } from './login-throttle.ts'
import { createUserMetrics } from './metrics.ts'
import { migrations } from './migrations.ts'
import { createPasswords } from './passwords.ts'
import type { UserSchema } from './schema.ts'
import { sessionRpcs } from './session-rpcs.ts'

/** Accounts, sign-in and roles. */
export const createUserService: BackendFactory = async (settings, dependencies) => {
  const passwords = await createPasswords()
  const database = await openDatabase<UserSchema>({ url: settings.databaseUrl, migrations })
  try {
    const made = settings.bootstrapAdmin && (await bootstrapAdmin(database, passwords, settings.bootstrapAdmin))
    if (made) dependencies.log.info('made the first admin')
  } catch (error) {
    await database.destroy()
    throw error
  }

  const keySet = await openKeySet(settings, database)
  const context = {
    ...dependencies,
    database,
    passwords,
    throttle: createLoginThrottle(),
    metrics: createUserMetrics()
  }
  return {
    services: [UserService],
    routes: router =>
      router.service(UserService, { ...accountRpcs(context), ...sessionRpcs(context), ...adminRpcs(context) }),
    async ready() {
      await sql`SELECT 1`.execute(database)
      return true
    },
    async close() {
      await keySet?.close()
      await database.destroy()
    }
  }
}

/** Publishes the keys that tokens are signed with, if there are such; a database that is open is closed when that fails. */
async function openKeySet({ signingKeys, host, keySetPort = 0 }: ServiceSettings, database: Kysely<UserSchema>) {
  if (signingKeys === undefined) return null
  try {
    return await startKeySetServer(signingKeys.document, host, keySetPort)
  } catch (error) {
    await database.destroy()
    throw error
  }
}
