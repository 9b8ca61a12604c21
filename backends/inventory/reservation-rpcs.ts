import { createHash } from 'node:crypto'
import { Code, type ServiceImpl } from '@connectrpc/connect'
import type { InventoryService, ReserveStockRequest } from '../../gen/shop/inventory/v1/inventory_pb.ts'
import { failure } from '../shared/service-error.ts'
import { inSpan } from '../shared/telemetry.ts'
import { toReservation, toStock } from './messages.ts'
import type { InventoryMetrics } from './metrics.ts'
import { confirm, extend, release, reserve, returnStock } from './reservations.ts'
import { type Db, findStock, type Line } from './stock.ts'

const defaultTtlSeconds = 900

type ReservationRpcs = Pick<
  ServiceImpl<typeof InventoryService>,
  'reserveStock' | 'extendReservation' | 'confirmReservation' | 'releaseReservation' | 'returnStock' | 'batchGetStock'
>

/** What other services ask of the inventory. */
export function reservationRpcs(db: Db, metrics: InventoryMetrics): ReservationRpcs {
  return {
    reserveStock: request =>
      metrics.count('reserve', () =>
        inSpan('inventory.reserve', attributesOf(request), async () => {
          const ttlSeconds = request.ttlSeconds ?? defaultTtlSeconds
          const lines = linesOf(request)
          return toReservation(await reserve(db, { orderId: request.orderId, lines, hash: hashOf(lines), ttlSeconds }))
        })
      ),

    extendReservation: async ({ orderId, ttlSeconds }) => toReservation(await extend(db, orderId, ttlSeconds)),

    confirmReservation: ({ orderId }) =>
      metrics.count('confirm', () =>
        inSpan('inventory.confirm', { 'order.id': orderId }, async () => toReservation(await confirm(db, orderId)))
      ),

    releaseReservation: ({ orderId, reason }) =>
      metrics.count('release', () =>
        inSpan('inventory.release', { 'order.id': orderId }, async () =>
          toReservation(await release(db, orderId, reason))
        )
      ),

    returnStock: async ({ orderId }) => toReservation(await returnStock(db, orderId)),

    batchGetStock: async ({ productIds }) => ({ stocks: (await findStock(db, productIds)).map(toStock) })
  }
}

function attributesOf({ orderId, items }: ReserveStockRequest) {
  const quantity = items.reduce((sum, item) => sum + item.quantity, 0)
  return { 'order.id': orderId, 'items.count': items.length, quantity }
}

/** The lines in the order of their products, which is also the order of their locks. */
function linesOf({ items }: ReserveStockRequest): Line[] {
  const lines = items
    .map(({ productId, quantity }) => ({ product_id: productId.toLowerCase(), quantity }))
    .sort((one, other) => (one.product_id < other.product_id ? -1 : 1))
  lines.forEach((line, index) => {
    if (line.product_id !== lines[index - 1]?.product_id) return
    const description = `product ${line.product_id} stands on two lines`
    const violations = [{ field: 'items', description }]
    throw failure(Code.InvalidArgument, 'VALIDATION_FAILED', `items: ${description}`, { violations })
  })
  return lines
}

/** The same lines in another order, or with another time to live, are the same request. */
function hashOf(lines: Line[]): Buffer {
  return createHash('sha256').update(JSON.stringify(lines)).digest()
}
