import { Code } from '@connectrpc/connect'
import { type Expression, type ExpressionBuilder, type Insertable, type SqlBool, sql } from 'kysely'
import { failure } from '../shared/service-error.ts'
import type { Db, OrderEventRow, OrderItemRow, OrderRow, OrderSchema, OrderStatusName, Trx } from './schema.ts'

/** An order with its lines, by line number. */
export interface OrderWithItems {
  order: OrderRow
  items: OrderItemRow[]
}

export async function findOrder(db: Db, id: string): Promise<OrderRow | undefined> {
  return await db.selectFrom('orders').selectAll().where('id', '=', id).executeTakeFirst()
}

/** @param userId whose it must be; undefined: anybody's
 *  @throws NOT_FOUND ORDER_NOT_FOUND, for somebody else's order too: its id tells nothing */
export async function requireOrder(db: Db, id: string, userId?: string): Promise<OrderRow> {
  const order = await findOrder(db, id)
  if (!order || (userId !== undefined && order.user_id !== userId)) throw orderNotFound()
  return order
}

/**
 * The order, locked until the transaction ends. Whoever changes an order holds this lock, so changes queue up.
 *
 * @throws NOT_FOUND ORDER_NOT_FOUND
 */
export async function lockOrder(trx: Trx, id: string, userId?: string): Promise<OrderRow> {
  const order = await trx.selectFrom('orders').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()
  if (!order || (userId !== undefined && order.user_id !== userId)) throw orderNotFound()
  return order
}

export function orderNotFound() {
  return failure(Code.NotFound, 'ORDER_NOT_FOUND', 'order not found')
}

/** The order that a user made with a key. */
export async function findByRequest(db: Db, userId: string, requestId: string): Promise<OrderRow | undefined> {
  return await db
    .selectFrom('orders')
    .selectAll()
    .where('user_id', '=', userId)
    .where('request_id', '=', requestId)
    .executeTakeFirst()
}

/** Inserts an order unless its user made one with the same key; then undefined. */
export async function insertOrder(trx: Trx, order: Insertable<OrderSchema['orders']>): Promise<OrderRow | undefined> {
  return await trx
    .insertInto('orders')
    .values(order)
    .onConflict(conflict => conflict.columns(['user_id', 'request_id']).where('request_id', 'is not', null).doNothing())
    .returningAll()
    .executeTakeFirst()
}

/** The lines of some orders, by order and line number. */
export async function itemsOf(db: Db, orderIds: readonly string[]): Promise<OrderItemRow[]> {
  if (orderIds.length === 0) return []
  return await db
    .selectFrom('order_items')
    .selectAll()
    .where('order_id', 'in', orderIds)
    .orderBy('order_id')
    .orderBy('line_no')
    .execute()
}

export async function withItems(db: Db, order: OrderRow): Promise<OrderWithItems> {
  return { order, items: await itemsOf(db, [order.id]) }
}

/** The events of an order after one of them, from the first by default. At most one per status: there are ten. */
export async function eventsOf(db: Db, orderId: string, afterSeq = 0n): Promise<OrderEventRow[]> {
  return await db
    .selectFrom('order_events')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('seq', '>', afterSeq)
    .orderBy('seq')
    .execute()
}

/** Filters of a list of orders; undefined: any. */
export interface OrderFilter {
  userId?: string | undefined
  status?: OrderStatusName | undefined
  createdAfter?: Date | undefined
  createdBefore?: Date | undefined
}

/** Where a page begins: after a cursor of `[created_at, id]`, or at an offset. */
export interface OrderPage {
  pageSize: number
  offset: number
  cursor: readonly string[] | null
}

/**
 * A page of orders, newest first, with one row more than fits when there is a next page.
 * `cursor_at` is `created_at` with all of its microseconds, which a Date would lose.
 */
export async function listOrders(
  db: Db,
  filter: OrderFilter,
  page: OrderPage
): Promise<(OrderRow & { cursor_at: string })[]> {
  let query = db
    .selectFrom('orders')
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

export async function countOrders(db: Db, filter: OrderFilter): Promise<number> {
  const { count } = await db
    .selectFrom('orders')
    .select(sql<bigint>`count(*)`.as('count'))
    .where(matches(filter))
    .executeTakeFirstOrThrow()
  return Number(count)
}

function matches(filter: OrderFilter) {
  return (eb: ExpressionBuilder<OrderSchema, 'orders'>) => {
    const conditions: Expression<SqlBool>[] = []
    if (filter.userId !== undefined) conditions.push(eb('user_id', '=', filter.userId))
    if (filter.status !== undefined) conditions.push(eb('status', '=', filter.status))
    if (filter.createdAfter !== undefined) conditions.push(eb('created_at', '>=', filter.createdAfter))
    if (filter.createdBefore !== undefined) conditions.push(eb('created_at', '<', filter.createdBefore))
    return eb.and(conditions)
  }
}
