import { Code } from '@connectrpc/connect'
import { sql } from 'kysely'
import { failure } from '../shared/service-error.ts'
import type { Trx } from './schema.ts'

/** Where a key counts: the same key of another user, or of another rpc, is another key. */
export interface KeyScope {
  rpc: string
  userId: string
}

/**
 * Notes the key of a request in the transaction of its effect, for a week.
 *
 * @returns whether the same request was served before
 * @throws INVALID_ARGUMENT IDEMPOTENCY_KEY_REUSED when the key was that of another request
 */
export async function claimKey(
  trx: Trx,
  { rpc, userId }: KeyScope,
  key: string | undefined,
  requestHash: Buffer
): Promise<boolean> {
  if (key === undefined) return false
  const scope = `${rpc}:${userId}`
  const claimed = await trx
    .insertInto('idempotency_keys')
    .values({ scope, key, request_hash: requestHash, expires_at: sql<Date>`now() + interval '7 days'` })
    .onConflict(conflict => conflict.columns(['scope', 'key']).doNothing())
    .returning('key')
    .executeTakeFirst()
  if (claimed) return false
  const earlier = await trx
    .selectFrom('idempotency_keys')
    .select('request_hash')
    .where('scope', '=', scope)
    .where('key', '=', key)
    .executeTakeFirst()
  if (earlier && !earlier.request_hash.equals(requestHash)) throw keyReused()
  return true
}

export function keyReused() {
  return failure(Code.InvalidArgument, 'IDEMPOTENCY_KEY_REUSED', 'the key was used for a different request')
}
