import { Code, type ConnectError, type HandlerContext } from '@connectrpc/connect'
import { type Kysely, sql, type Transaction } from 'kysely'
import { failure } from './service-error.ts'

const replayedHeader = 'idempotency-replayed'
/** How many expired keys one claim clears away: enough that the table stays small, without a job of its own. */
const sweepLimit = 10

/** A request that came with an idempotency key. */
export interface KeyedRequest {
  /** Whose key it is, and for which rpc. */
  scope: string
  key: string
  /** See `requestHash`. */
  hash: Buffer
}

/** Creates the table of `claimKey`; for a migration. */
export async function createIdempotencyKeys(database: Kysely<unknown>): Promise<void> {
  await sql`
    CREATE TABLE idempotency_keys (
      scope text NOT NULL, key text NOT NULL, request_hash bytea NOT NULL, response text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz NOT NULL DEFAULT now() + interval '24 hours',
      PRIMARY KEY (scope, key))`.execute(database)
  await sql`CREATE INDEX idempotency_keys_expired ON idempotency_keys (expires_at)`.execute(database)
}

/**
 * Claims a key in the transaction of the effect, so that both happen or neither. While another transaction holds the same
 * key, this waits for its outcome. A key is kept for 24 hours.
 *
 * @param response What a repetition needs to answer: the id of the resource that this call makes.
 * @returns null when the key is new; otherwise the `response` of the call that had it first, which has taken effect.
 * @throws INVALID_ARGUMENT IDEMPOTENCY_KEY_REUSED when the key came with another request before.
 */
export async function claimKey<Schema>(
  transaction: Transaction<Schema>,
  request: KeyedRequest,
  response: string
): Promise<string | null> {
  const { scope, key, hash } = request
  const claimed = await sql`
    INSERT INTO idempotency_keys AS kept (scope, key, request_hash, response) VALUES (${scope}, ${key}, ${hash}, ${response})
    ON CONFLICT (scope, key) DO UPDATE SET request_hash = excluded.request_hash, response = excluded.response,
      created_at = excluded.created_at, expires_at = excluded.expires_at WHERE kept.expires_at < now()
    RETURNING 1`.execute(transaction)
  if (claimed.rows.length === 0) return recallKey(transaction, request)
  await sql`
    DELETE FROM idempotency_keys WHERE (scope, key) IN (SELECT scope, key FROM idempotency_keys
      WHERE expires_at < now() LIMIT ${sweepLimit} FOR UPDATE SKIP LOCKED)`.execute(transaction)
  return null
}

/**
 * The `response` of the call that had this key, null when there was none.
 *
 * @throws INVALID_ARGUMENT IDEMPOTENCY_KEY_REUSED when the key came with another request before.
 */
export async function recallKey<Schema>(database: Kysely<Schema>, request: KeyedRequest): Promise<string | null> {
  const { rows } = await sql<{ request_hash: Buffer; response: string }>`
    SELECT request_hash, response FROM idempotency_keys
    WHERE scope = ${request.scope} AND key = ${request.key} AND expires_at >= now()`.execute(database)
  const [kept] = rows
  if (kept === undefined) return null
  if (!kept.request_hash.equals(request.hash)) throw keyReused()
  return kept.response
}

/** The refusal of a key that came with another request before. */
export function keyReused(): ConnectError {
  return failure(
    Code.InvalidArgument,
    'IDEMPOTENCY_KEY_REUSED',
    'the idempotency key was used for a different request before'
  )
}

/** Tells the caller that the answer is that of an earlier call. */
export function markReplayed(context: HandlerContext): void {
  context.responseHeader.set(replayedHeader, 'true')
}
