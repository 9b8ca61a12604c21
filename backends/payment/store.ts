import { Code } from '@connectrpc/connect'
import { type Expression, type ExpressionBuilder, type Kysely, type SqlBool, sql, type Transaction } from 'kysely'
import { failure } from '../shared/service-error.ts'
import type { PaymentRow, PaymentSchema, PaymentStatusName, RefundRow } from './schema.ts'

export type Db = Kysely<PaymentSchema>
export type Trx = Transaction<PaymentSchema>

/** Whether the payments of an order are closed: nothing is charged for it any more. */
export interface OrderFence {
  closed: boolean
}

/**
 * Takes the lock under which the payments of one order are changed, until the transaction ends. Every writer takes it
 * first, so writers of one order queue up and cannot deadlock.
 */
export async function lockOrder(trx: Trx, orderId: string): Promise<OrderFence> {
  await trx
    .insertInto('payment_orders')
    .values({ order_id: orderId, closed_at: null })
    .onConflict(conflict => conflict.column('order_id').doNothing())
    .execute()
  const row = await trx
    .selectFrom('payment_orders')
    .select('closed_at')
    .where('order_id', '=', orderId)
    .forUpdate()
    .executeTakeFirstOrThrow()
  return { closed: row.closed_at !== null }
}

/** Raises the fence. Raising it again changes nothing. */
export async function closeOrder(trx: Trx, orderId: string): Promise<void> {
  await trx
    .updateTable('payment_orders')
    .set({ closed_at: sql<Date>`coalesce(closed_at, now())` })
    .where('order_id', '=', orderId)
    .execute()
}

export async function findPayment(db: Db, id: string): Promise<PaymentRow | undefined> {
  return await db.selectFrom('payments').selectAll().where('id', '=', id).executeTakeFirst()
}

/** @throws NOT_FOUND PAYMENT_NOT_FOUND */
export async function requirePayment(db: Db, id: string): Promise<PaymentRow> {
  const row = await findPayment(db, id)
  if (!row) throw paymentNotFound()
  return row
}

export function paymentNotFound() {
  return failure(Code.NotFound, 'PAYMENT_NOT_FOUND', 'payment not found')
}

/** The payments of an order, oldest attempt first. */
export async function paymentsOfOrder(db: Db, orderId: string): Promise<PaymentRow[]> {
  return await db.selectFrom('payments').selectAll().where('order_id', '=', orderId).orderBy('attempt').execute()
}

/** The refunds of some payments, oldest first. */
export async function refundsOf(db: Db, paymentIds: readonly string[]): Promise<RefundRow[]> {
  if (paymentIds.length === 0) return []
  return await db
    .selectFrom('refunds')
    .selectAll()
    .where('payment_id', 'in', paymentIds)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/** Changes a payment and counts its version. */
export async function updatePayment(
  trx: Trx,
  id: string,
  change: Partial<Pick<PaymentRow, 'status' | 'captured_minor' | 'refunded_minor' | 'transaction_id' | 'failure_code'>>
): Promise<PaymentRow> {
  return await trx
    .updateTable('payments')
    .set({ ...change, version: sql<bigint>`version + 1`, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

export async function writeLedger(
  trx: Trx,
  payment: PaymentRow,
  line: { kind: 'capture' | 'refund'; amountMinor: bigint; refundId?: string }
): Promise<void> {
  await trx
    .insertInto('payment_ledger')
    .values({
      payment_id: payment.id,
      refund_id: line.refundId ?? null,
      kind: line.kind,
      amount_minor: line.amountMinor,
      currency_code: payment.currency_code
    })
    .execute()
}

/** Filters of a list of payments; undefined: any. */
export interface PaymentFilter {
  userId?: string | undefined
  orderId?: string | undefined
  status?: PaymentStatusName | undefined
}

/** Where a page begins: after a cursor of `[created_at, id]`, or at an offset. */
export interface PaymentPage {
  pageSize: number
  offset: number
  cursor: readonly string[] | null
}

/**
 * A page of payments, newest first, with one row more than fits when there is a next page.
 * `cursor_at` is `created_at` with all of its microseconds, which a Date would lose.
 */
export async function listPayments(
  db: Db,
  filter: PaymentFilter,
  page: PaymentPage
): Promise<(PaymentRow & { cursor_at: string })[]> {
  let query = db
    .selectFrom('payments')
    .selectAll()
    .select(sql<string>`created_at::text`.as('cursor_at'))
    .where(matches(filter))
    .orderBy('created_at', 'desc')
    .orderBy('id', 'desc')
    .limit(page.pageSize + 1)
    .offset(page.offset)
  if (page.cursor) {
    const [at, id] = page.cursor
    query = query.where(sql<boolean>`(created_at, id) < (${at}::timestamptz, ${id}::uuid)`)
  }
  return await query.execute()
}

export async function countPayments(db: Db, filter: PaymentFilter): Promise<number> {
  const { count } = await db
    .selectFrom('payments')
    .select(sql<bigint>`count(*)`.as('count'))
    .where(matches(filter))
    .executeTakeFirstOrThrow()
  return Number(count)
}

function matches(filter: PaymentFilter) {
  return (eb: ExpressionBuilder<PaymentSchema, 'payments'>) => {
    const conditions: Expression<SqlBool>[] = []
    if (filter.userId !== undefined) conditions.push(eb('user_id', '=', filter.userId))
    if (filter.orderId !== undefined) conditions.push(eb('order_id', '=', filter.orderId))
    if (filter.status !== undefined) conditions.push(eb('status', '=', filter.status))
    return eb.and(conditions)
  }
}
