import { create } from '@bufbuild/protobuf'
import type { Selectable } from 'kysely'
import {
  type Reservation,
  ReservationSchema,
  ReservationStatusSchema,
  type Stock,
  type StockMovement,
  StockMovementKindSchema,
  StockMovementSchema,
  StockSchema
} from '../../gen/shop/inventory/v1/inventory_pb.ts'
import { enumNumber } from '../shared/enum-names.ts'
import { formatEtag } from '../shared/etag.ts'
import { toTimestamp } from '../shared/time.ts'
import type { ReservationRow } from './reservations.ts'
import type { MovementTable } from './schema.ts'
import type { StockRow } from './stock.ts'

export function toStock(row: StockRow): Stock {
  return create(StockSchema, {
    productId: row.product_id,
    sku: row.sku,
    warehouseCode: row.warehouse_code,
    onHand: row.on_hand,
    reserved: row.reserved,
    available: row.available,
    reorderThreshold: row.reorder_threshold,
    lowStock: row.available <= row.reorder_threshold,
    updatedAt: toTimestamp(row.updated_at),
    etag: formatEtag(row.version)
  })
}

export function toReservation(row: ReservationRow): Reservation {
  const message = create(ReservationSchema, {
    orderId: row.order_id,
    status: enumNumber(ReservationStatusSchema, row.status),
    items: row.items.map(({ product_id, quantity }) => ({ productId: product_id, quantity })),
    expiresAt: toTimestamp(row.expires_at),
    createdAt: toTimestamp(row.created_at)
  })
  if (row.closed_at !== null) message.closedAt = toTimestamp(row.closed_at)
  return message
}

export function toMovement(row: Selectable<MovementTable>): StockMovement {
  return create(StockMovementSchema, {
    id: row.id,
    productId: row.product_id,
    kind: enumNumber(StockMovementKindSchema, row.kind),
    deltaOnHand: row.delta_on_hand,
    deltaReserved: row.delta_reserved,
    orderId: row.order_id ?? '',
    actor: row.actor,
    note: row.note ?? '',
    at: toTimestamp(row.at)
  })
}
