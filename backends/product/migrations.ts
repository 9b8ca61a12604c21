import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'
import { createIdempotencyKeys } from '../shared/idempotency.ts'

/** The schema of the products database, oldest migration first. A migration that was released is never edited. */
export const productMigrations: Record<string, Migration> = {
  '001_products': { up: createProducts },
  '002_idempotency_keys': { up: createIdempotencyKeys }
}

async function createProducts(db: Kysely<unknown>): Promise<void> {
  await sql`CREATE TABLE products (
    id uuid PRIMARY KEY,
    sku text NOT NULL UNIQUE CHECK (sku ~ '^[A-Z0-9][A-Z0-9_-]{1,63}$'),
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    description text NOT NULL DEFAULT '',
    category text NOT NULL,
    image_url text NOT NULL DEFAULT '',
    price_minor bigint NOT NULL CHECK (price_minor BETWEEN 1 AND 10000000000),
    currency_code char(3) NOT NULL CHECK (currency_code ~ '^[A-Z]{3}$'),
    status text NOT NULL DEFAULT 'active' CHECK (status IN ('active','inactive','deleted')),
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    search tsvector GENERATED ALWAYS AS (setweight(to_tsvector('simple', name), 'A')
      || setweight(to_tsvector('simple', sku || ' ' || category), 'B')
      || setweight(to_tsvector('simple', description), 'C')) STORED)`.execute(db)
  await sql`CREATE INDEX products_list ON products (created_at, id) WHERE status = 'active'`.execute(db)
  await sql`CREATE INDEX products_cat ON products (category, created_at, id) WHERE status = 'active'`.execute(db)
  await sql`CREATE INDEX products_search ON products USING gin (search)`.execute(db)
}
