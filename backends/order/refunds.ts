import { type Insertable, sql } from 'kysely'
import type { Db, OrderSchema, RefundRow, Trx } from './schema.ts'

/** The refund that is not through yet; an order has one at most. */
export async function runningRefund(db: Db, orderId: string): Promise<RefundRow | undefined> {
  return await db
    .selectFrom('order_refunds')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('status', '=', 'running')
    .executeTakeFirst()
}

export async function requireRefund(db: Db, orderId: string, number: number): Promise<RefundRow> {
  return await db
    .selectFrom('order_refunds')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('number', '=', number)
    .executeTakeFirstOrThrow()
}

/** The refund that somebody asked for with a key. */
export async function findRefundByRequest(db: Db, actor: string, requestId: string): Promise<RefundRow | undefined> {
  return await db
    .selectFrom('order_refunds')
    .selectAll()
    .where('actor', '=', actor)
    .where('request_id', '=', requestId)
    .executeTakeFirst()
}

/** The number that the next refund of an order gets. */
export async function nextRefundNumber(trx: Trx, orderId: string): Promise<number> {
  const { last } = await trx
    .selectFrom('order_refunds')
    .select(sql<number>`coalesce(max(number), 0)`.as('last'))
    .where('order_id', '=', orderId)
    .executeTakeFirstOrThrow()
  return last + 1
}

export async function insertRefund(trx: Trx, refund: Insertable<OrderSchema['order_refunds']>): Promise<RefundRow> {
  return await trx.insertInto('order_refunds').values(refund).returningAll().executeTakeFirstOrThrow()
}

/**
 * Ends a refund; one that has ended stays as it is.
 *
 * @param refusal why the payment service did not give the money back; null: it did
 * @returns whether it ended now
 */
export async function endRefund(
  trx: Trx,
  { order_id, number }: RefundRow,
  refusal: string | null = null
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('order_refunds')
    .set({ status: refusal === null ? 'succeeded' : 'failed', refusal, updated_at: sql<Date>`now()` })
    .where('order_id', '=', order_id)
    .where('number', '=', number)
    .where('status', '=', 'running')
    .executeTakeFirst()
  return numUpdatedRows > 0n
}
