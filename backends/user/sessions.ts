import { createHash, randomBytes } from 'node:crypto'
import { Code, type ConnectError } from '@connectrpc/connect'
import { type Kysely, sql, type Transaction } from 'kysely'
import { newId } from '../shared/ids.ts'
import { failure } from '../shared/service-error.ts'
import type { UserSchema } from './schema.ts'

/** How long a refresh token may be traded for the next. */
const refreshTokenDays = 30
const tokenBytes = 32

/**
 * Issues a refresh token: 256 random bits, of which only the SHA-256 is stored.
 *
 * @param familyId The family of the token that it follows; a sign-in starts a new one.
 */
export async function issueRefreshToken(
  transaction: Transaction<UserSchema>,
  userId: string,
  familyId: string = newId()
): Promise<string> {
  const token = randomBytes(tokenBytes).toString('base64url')
  // What has expired proves nothing any more; clearing here keeps the table as small as the user's sessions.
  await transaction
    .deleteFrom('refresh_tokens')
    .where('user_id', '=', userId)
    .where('expires_at', '<', sql<Date>`now()`)
    .execute()
  await transaction
    .insertInto('refresh_tokens')
    .values({
      id: newId(),
      family_id: familyId,
      user_id: userId,
      token_sha256: digest(token),
      expires_at: sql<Date>`now() + make_interval(days => ${refreshTokenDays})`
    })
    .execute()
  return token
}

/**
 * Trades a refresh token, once. Presenting one that was traded before means that two hold it, the user and a thief: the whole
 * family is revoked. The refusal is answered, not thrown, so that the revocation is committed.
 *
 * ```
 * live --traded--> rotated --presented again--> family revoked
 *   \--logout, password change, suspension--> revoked
 * ```
 */
export async function rotateRefreshToken(
  transaction: Transaction<UserSchema>,
  token: string
): Promise<{ userId: string; familyId: string } | { refused: ConnectError }> {
  const row = await transaction
    .selectFrom('refresh_tokens')
    .selectAll()
    .select(sql<boolean>`expires_at <= now()`.as('expired'))
    .where('token_sha256', '=', digest(token))
    .forUpdate()
    .executeTakeFirst()
  if (row === undefined) return { refused: failure(Code.Unauthenticated, 'TOKEN_INVALID', 'invalid token') }
  if (row.rotated_at !== null) {
    await revoke(transaction, 'family_id', row.family_id)
    return { refused: failure(Code.Unauthenticated, 'REFRESH_REUSED', 'the refresh token was used before') }
  }
  if (row.revoked_at !== null) return { refused: failure(Code.Unauthenticated, 'TOKEN_INVALID', 'invalid token') }
  if (row.expired) return { refused: failure(Code.Unauthenticated, 'TOKEN_EXPIRED', 'token has expired') }
  await transaction
    .updateTable('refresh_tokens')
    .set({ rotated_at: sql<Date>`now()` })
    .where('id', '=', row.id)
    .execute()
  return { userId: row.user_id, familyId: row.family_id }
}

/** Ends the session that a refresh token belongs to, if it is the user's; otherwise nothing happens. */
export async function endSession(database: Kysely<UserSchema>, userId: string, token: string): Promise<void> {
  const row = await database
    .selectFrom('refresh_tokens')
    .select('family_id')
    .where('token_sha256', '=', digest(token))
    .where('user_id', '=', userId)
    .executeTakeFirst()
  if (row !== undefined) await revoke(database, 'family_id', row.family_id)
}

/** Ends all sessions of a user. */
export async function endAllSessions(database: Kysely<UserSchema>, userId: string): Promise<void> {
  await revoke(database, 'user_id', userId)
}

async function revoke(database: Kysely<UserSchema>, column: 'family_id' | 'user_id', value: string): Promise<void> {
  await database
    .updateTable('refresh_tokens')
    .set({ revoked_at: sql<Date>`now()` })
    .where(column, '=', value)
    .where('revoked_at', 'is', null)
    .execute()
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
