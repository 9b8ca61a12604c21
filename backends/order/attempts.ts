import { type Insertable, sql } from 'kysely'
import type { AttemptRow, AttemptStatusName, Db, OrderSchema, Trx } from './schema.ts'

/** The attempt to pay that is not decided yet; an order has one at most. */
export async function runningAttempt(db: Db, orderId: string): Promise<AttemptRow | undefined> {
  return await db
    .selectFrom('payment_attempts')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('status', '=', 'running')
    .executeTakeFirst()
}

export async function requireAttempt(db: Db, orderId: string, attempt: number): Promise<AttemptRow> {
  return await db
    .selectFrom('payment_attempts')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('attempt', '=', attempt)
    .executeTakeFirstOrThrow()
}

/** The attempt that a user made with a key. */
export async function findAttemptByRequest(db: Db, userId: string, requestId: string): Promise<AttemptRow | undefined> {
  return await db
    .selectFrom('payment_attempts')
    .selectAll()
    .where('user_id', '=', userId)
    .where('request_id', '=', requestId)
    .executeTakeFirst()
}

/** The number that the next attempt of an order gets. */
export async function nextAttemptNumber(trx: Trx, orderId: string): Promise<number> {
  const { last } = await trx
    .selectFrom('payment_attempts')
    .select(sql<number>`coalesce(max(attempt), 0)`.as('last'))
    .where('order_id', '=', orderId)
    .executeTakeFirstOrThrow()
  return last + 1
}

export async function insertAttempt(
  trx: Trx,
  attempt: Insertable<OrderSchema['payment_attempts']>
): Promise<AttemptRow> {
  return await trx.insertInto('payment_attempts').values(attempt).returningAll().executeTakeFirstOrThrow()
}

/** How an attempt ended. */
export interface Decision {
  status: Exclude<AttemptStatusName, 'running'>
  paymentId?: string
  failureCode?: string
}

/**
 * Ends an attempt and forgets its token. One that is decided stays as it is.
 *
 * @param attempt which; undefined: the one that is running, if any
 * @returns whether it was decided now
 */
export async function decideAttempt(trx: Trx, orderId: string, decision: Decision, attempt?: number): Promise<boolean> {
  let update = trx
    .updateTable('payment_attempts')
    .set({
      status: decision.status,
      payment_id: decision.paymentId ?? null,
      failure_code: decision.failureCode ?? null,
      payment_token: null,
      updated_at: sql<Date>`now()`
    })
    .where('order_id', '=', orderId)
    .where('status', '=', 'running')
  if (attempt !== undefined) update = update.where('attempt', '=', attempt)
  const { numUpdatedRows } = await update.executeTakeFirst()
  return numUpdatedRows > 0n
}
