import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { createIdempotencyKeys } from '../shared/idempotency.ts'

/** The schema of the inventory database, oldest migration first. A migration that was released is never edited. */
export const inventoryMigrations: Record<string, Migration> = {
  '001_stock': { up: createStock },
  '002_idempotency_keys': { up: createIdempotencyKeys }
}

async function createStock(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE TABLE stock (
    product_id uuid PRIMARY KEY,
    sku text NOT NULL UNIQUE,
    warehouse_code text NOT NULL DEFAULT 'MAIN',
    on_hand int NOT NULL DEFAULT 0,
    reserved int NOT NULL DEFAULT 0,
    available int GENERATED ALWAYS AS (on_hand - reserved) STORED,
    reorder_threshold int NOT NULL DEFAULT 0 CHECK (reorder_threshold >= 0),
    version bigint NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (reserved >= 0),
    CHECK (on_hand >= reserved))`.execute(db)
  await sql`CREATE INDEX stock_low ON stock (available) WHERE on_hand - reserved <= reorder_threshold`.execute(db)
  await sql`CREATE TABLE reservations (
    order_id uuid PRIMARY KEY,
    status text NOT NULL CHECK (status IN ('reserved','confirmed','released','expired','returned')),
    expires_at timestamptz NOT NULL,
    request_hash bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    closed_at timestamptz,
    CHECK ((status = 'reserved') = (closed_at IS NULL)))`.execute(db)
  await sql`CREATE INDEX reservations_due ON reservations (expires_at) WHERE status = 'reserved'`.execute(db)
  await sql`CREATE TABLE reservation_items (
    order_id uuid NOT NULL REFERENCES reservations,
    product_id uuid NOT NULL REFERENCES stock,
    quantity int NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, product_id))`.execute(db)
  // Append-only: the sum of a product's movements is its stock.
  await sql`CREATE TABLE stock_movements (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id uuid NOT NULL REFERENCES stock,
    kind text NOT NULL CHECK (kind IN ('adjust','reserve','confirm','release','expire','return')),
    delta_on_hand int NOT NULL,
    delta_reserved int NOT NULL,
    order_id uuid,
    request_id text,
    actor text NOT NULL,
    note text,
    at timestamptz NOT NULL DEFAULT now(),
    CHECK (kind <> 'adjust' OR delta_reserved = 0))`.execute(db)
  await sql`CREATE UNIQUE INDEX movements_idem ON stock_movements (request_id) WHERE request_id IS NOT NULL`.execute(db)
  await sql`CREATE UNIQUE INDEX movements_once ON stock_movements (order_id, product_id, kind)
    WHERE order_id IS NOT NULL`.execute(db)
  await sql`CREATE INDEX movements_product ON stock_movements (product_id, id DESC)`.execute(db)
}
