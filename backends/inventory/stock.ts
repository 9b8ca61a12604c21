import { Code } from '@connectrpc/connect'
import type { Kysely, Selectable, Transaction } from 'kysely'
import { failure } from '../shared/service-error.ts'
import type { InventorySchema, MovementKindName, StockTable } from './schema.ts'

export type Db = Kysely<InventorySchema>
export type Tx = Transaction<InventorySchema>
export type StockRow = Selectable<StockTable>

/** One line: a product and how many of it. */
export interface Line {
  product_id: string
  quantity: number
}

/** One change of one product's stock, and why. */
export interface Movement {
  kind: MovementKindName
  productId: string
  onHand: number
  reserved: number
  orderId?: string
  actor: string
  note?: string
}

/** The stock of many products, in no order; products without stock are left out. */
export function findStock(db: Db, productIds: string[]): Promise<StockRow[]> {
  if (productIds.length === 0) return Promise.resolve([])
  return db.selectFrom('stock').selectAll().where('product_id', 'in', productIds).execute()
}

/** How many units all products together have: to sell, and promised to orders. */
export async function sumStock(db: Db): Promise<{ available: number; reserved: number }> {
  const sums = await db
    .selectFrom('stock')
    .select(({ fn }) => [
      fn.sum<bigint | null>('available').as('available'),
      fn.sum<bigint | null>('reserved').as('reserved')
    ])
    .executeTakeFirstOrThrow()
  return { available: Number(sums.available ?? 0n), reserved: Number(sums.reserved ?? 0n) }
}

/**
 * Locks the stock of products until the transaction ends, always in the same order: two orders over the same products
 * then wait for each other and never in a circle.
 */
export async function lockStock(tx: Tx, productIds: string[]): Promise<Map<string, StockRow>> {
  if (productIds.length === 0) return new Map()
  const rows = await tx
    .selectFrom('stock')
    .selectAll()
    .where('product_id', 'in', productIds)
    .orderBy('product_id')
    .forUpdate()
    .execute()
  return new Map(rows.map(row => [row.product_id, row]))
}

/** Changes the stock of a product that is locked, and writes the movement down. */
export async function move(tx: Tx, movement: Movement): Promise<StockRow> {
  const { kind, productId, onHand, reserved, orderId = null, actor, note = null } = movement
  await tx
    .insertInto('stock_movements')
    .values({
      product_id: productId,
      kind,
      delta_on_hand: onHand,
      delta_reserved: reserved,
      order_id: orderId,
      actor,
      note
    })
    .execute()
  return tx
    .updateTable('stock')
    .set(stock => ({
      on_hand: stock('on_hand', '+', onHand),
      reserved: stock('reserved', '+', reserved),
      version: stock('version', '+', 1n),
      updated_at: stock.fn<Date>('now')
    }))
    .where('product_id', '=', productId)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** @returns NOT_FOUND STOCK_NOT_FOUND */
export function stockNotFound(productId: string) {
  return failure(Code.NotFound, 'STOCK_NOT_FOUND', 'stock not found', { metadata: { product_id: productId } })
}

/** @returns FAILED_PRECONDITION INSUFFICIENT_STOCK, with what was asked for and what there is */
export function insufficientStock(productId: string, requested: number, available: number) {
  const metadata = { product_id: productId, requested: String(requested), available: String(available) }
  return failure(Code.FailedPrecondition, 'INSUFFICIENT_STOCK', 'insufficient stock', { metadata })
}
