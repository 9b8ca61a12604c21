import type { ColumnType, Generated } from 'kysely'

type Timestamp = ColumnType<Date, Date | undefined, Date>

/** The tables of the inventory database. */
export interface InventorySchema {
  stock: StockTable
  reservations: ReservationTable
  reservation_items: ReservationItemTable
  stock_movements: MovementTable
}

export interface StockTable {
  product_id: string
  sku: string
  warehouse_code: Generated<string>
  on_hand: Generated<number>
  reserved: Generated<number>
  /** Generated: on_hand - reserved. */
  available: ColumnType<number, never, never>
  reorder_threshold: Generated<number>
  version: Generated<bigint>
  updated_at: Timestamp
}

export type ReservationStatusName = 'reserved' | 'confirmed' | 'released' | 'expired' | 'returned'

export interface ReservationTable {
  order_id: string
  status: ReservationStatusName
  expires_at: ColumnType<Date, Date, Date>
  /** SHA-256 of the lines; null for a tombstone, which never had any. */
  request_hash: Buffer | null
  created_at: Timestamp
  closed_at: Date | null
}

export interface ReservationItemTable {
  order_id: string
  product_id: string
  quantity: number
}

export type MovementKindName = 'adjust' | 'reserve' | 'confirm' | 'release' | 'expire' | 'return'

export interface MovementTable {
  id: Generated<bigint>
  product_id: string
  kind: MovementKindName
  delta_on_hand: number
  delta_reserved: number
  order_id: string | null
  /** Always null: the keys of adjustments are claimed per caller, in `idempotency_keys`. */
  request_id: string | null
  actor: string
  note: string | null
  at: Timestamp
}
