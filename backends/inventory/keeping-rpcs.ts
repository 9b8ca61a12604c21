import { Code, type ServiceImpl } from '@connectrpc/connect'
import { sql } from 'kysely'
import {
  type AdjustStockRequest,
  AdjustStockRequestSchema,
  type InventoryService
} from '../../gen/shop/inventory/v1/inventory_pb.ts'
import { checkEtag } from '../shared/etag.ts'
import { claimKey, markReplayed } from '../shared/idempotency.ts'
import { callerOf } from '../shared/identity.ts'
import type { Page, Pager } from '../shared/paging.ts'
import { requestHash } from '../shared/request-hash.ts'
import { failure } from '../shared/service-error.ts'
import { toMovement, toStock } from './messages.ts'
import {
  type Db,
  findStock,
  insufficientStock,
  lockStock,
  move,
  type StockRow,
  stockNotFound,
  type Tx
} from './stock.ts'

const maxOnHand = 2_000_000_000

type KeepingRpcs = Pick<
  ServiceImpl<typeof InventoryService>,
  'getStock' | 'listStock' | 'adjustStock' | 'updateStockSettings' | 'listStockMovements'
>

/** What operators do with the stock. */
export function keepingRpcs(db: Db, pager: Pager): KeepingRpcs {
  return {
    async getStock({ productId }) {
      const [row] = await findStock(db, [productId])
      if (row === undefined) throw stockNotFound(productId)
      return toStock(row)
    },

    async listStock(request) {
      const filters = { lowStockOnly: request.lowStockOnly }
      const page = pager.read(request, ['stock', filters])
      const [rows, totalSize] = await Promise.all([
        listStock(db, filters.lowStockOnly, page),
        countStock(db, filters.lowStockOnly)
      ])
      const shown = rows.slice(0, page.pageSize)
      const last = rows.length > shown.length ? shown.at(-1) : undefined
      const nextPageToken = last === undefined ? '' : pager.token([last.product_id], ['stock', filters])
      return { stocks: shown.map(toStock), page: page.page, pageSize: page.pageSize, totalSize, nextPageToken }
    },

    async adjustStock(request, context) {
      const { subject } = callerOf(context)
      const { row, replayed } = await db.transaction().execute(tx => adjust(tx, request, subject))
      if (replayed) markReplayed(context)
      return toStock(row)
    },

    async updateStockSettings({ productId, reorderThreshold, etag }) {
      const row = await db.transaction().execute(async tx => {
        const held = await lockOne(tx, productId)
        checkEtag(etag, held.version)
        return tx
          .updateTable('stock')
          .set({ reorder_threshold: reorderThreshold, version: held.version + 1n, updated_at: sql<Date>`now()` })
          .where('product_id', '=', held.product_id)
          .returningAll()
          .executeTakeFirstOrThrow()
      })
      return toStock(row)
    },

    async listStockMovements(request) {
      const { productId } = request
      const filters = ['movements', productId]
      const page = pager.read(request, filters)
      let query = db.selectFrom('stock_movements').selectAll().where('product_id', '=', productId)
      if (page.cursor !== null) query = query.where('id', '<', BigInt(page.cursor[0]!))
      const [rows, counted] = await Promise.all([
        query
          .orderBy('id', 'desc')
          .offset(page.offset)
          .limit(page.pageSize + 1)
          .execute(),
        db
          .selectFrom('stock_movements')
          .select(({ fn }) => fn.countAll<bigint>().as('count'))
          .where('product_id', '=', productId)
          .executeTakeFirstOrThrow()
      ])
      const shown = rows.slice(0, page.pageSize)
      const last = rows.length > shown.length ? shown.at(-1) : undefined
      const nextPageToken = last === undefined ? '' : pager.token([String(last.id)], filters)
      const totalSize = Number(counted.count)
      return { movements: shown.map(toMovement), page: page.page, pageSize: page.pageSize, totalSize, nextPageToken }
    }
  }
}

/** @throws FAILED_PRECONDITION INSUFFICIENT_STOCK when less than what is reserved would be left */
async function adjust(
  tx: Tx,
  request: AdjustStockRequest,
  actor: string
): Promise<{ row: StockRow; replayed: boolean }> {
  const { productId, delta, note, etag, requestId } = request
  if (requestId !== undefined) {
    const keyed = {
      scope: `${actor} AdjustStock`,
      key: requestId,
      hash: requestHash(AdjustStockRequestSchema, request)
    }
    if ((await claimKey(tx, keyed, productId)) !== null) return { row: await lockOne(tx, productId), replayed: true }
  }
  const held = await lockOne(tx, productId)
  checkEtag(etag, held.version)
  if (held.available + delta < 0) throw insufficientStock(productId, -delta, held.available)
  if (held.on_hand + delta > maxOnHand) throw tooMuch()
  const movement = { kind: 'adjust', productId: held.product_id, onHand: delta, reserved: 0, actor, note } as const
  return { row: await move(tx, movement), replayed: false }
}

async function lockOne(tx: Tx, productId: string): Promise<StockRow> {
  const row = (await lockStock(tx, [productId])).get(productId.toLowerCase())
  if (row === undefined) throw stockNotFound(productId)
  return row
}

function tooMuch() {
  const violations = [{ field: 'delta', description: `stock cannot exceed ${maxOnHand}` }]
  return failure(Code.InvalidArgument, 'VALIDATION_FAILED', `delta: stock cannot exceed ${maxOnHand}`, { violations })
}

function listStock(db: Db, lowOnly: boolean, page: Page): Promise<StockRow[]> {
  let query = db.selectFrom('stock').selectAll()
  if (lowOnly) query = query.whereRef('available', '<=', 'reorder_threshold')
  if (page.cursor !== null) query = query.where('product_id', '>', page.cursor[0]!)
  return query
    .orderBy('product_id')
    .offset(page.offset)
    .limit(page.pageSize + 1)
    .execute()
}

async function countStock(db: Db, lowOnly: boolean): Promise<number> {
  let query = db.selectFrom('stock').select(({ fn }) => fn.countAll<bigint>().as('count'))
  if (lowOnly) query = query.whereRef('available', '<=', 'reorder_threshold')
  return Number((await query.executeTakeFirstOrThrow()).count)
}
