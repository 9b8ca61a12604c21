import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** The schema of the orders database, oldest migration first. A migration that was released is never edited. */
export const orderMigrations: Record<string, Migration> = {
  '001_orders': { up: createOrders },
  '002_payment_attempts': { up: createPaymentAttempts },
  '003_idempotency_keys': { up: createIdempotencyKeys },
  '004_event_announcements': { up: createEventAnnouncements },
  '005_order_refunds': { up: createOrderRefunds }
}

/** Where the id of an order is announced for each event of it. Part of a released migration, so it never changes. */
export const eventChannel = 'order_events'

async function createOrders(db: Kysely<unknown>): Promise<void> {
  // workflow_id names the durable workflow that drives the order, or drove it last.
  await sql`CREATE TABLE orders (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending','awaiting_payment','paid','confirmed',
      'shipped','delivered','cancelling','cancelled','failed','refunded')),
    currency_code char(3) NOT NULL CHECK (currency_code ~ '^[A-Z]{3}$'),
    total_minor bigint NOT NULL CHECK (total_minor > 0),
    refunded_minor bigint NOT NULL DEFAULT 0 CHECK (refunded_minor BETWEEN 0 AND total_minor),
    payment_method text NOT NULL,
    payment_id uuid,
    failure_reason text,
    failure_details jsonb,
    cancel_requested_at timestamptz,
    cancel_reason text,
    cancel_actor text,
    expires_at timestamptz,
    workflow_id text NOT NULL,
    request_id text,
    request_hash bytea,
    version bigint NOT NULL DEFAULT 1,
    event_seq bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK ((request_id IS NULL) = (request_hash IS NULL)),
    CHECK ((cancel_requested_at IS NULL) = (cancel_actor IS NULL)),
    CHECK (expires_at IS NULL OR status = 'awaiting_payment'),
    CHECK (status <> 'refunded' OR refunded_minor = total_minor))`.execute(db)
  await sql`CREATE UNIQUE INDEX orders_idem ON orders (user_id, request_id) WHERE request_id IS NOT NULL`.execute(db)
  await sql`CREATE INDEX orders_user ON orders (user_id, created_at DESC, id DESC)`.execute(db)
  await sql`CREATE INDEX orders_all ON orders (created_at DESC, id DESC)`.execute(db)
  await sql`CREATE INDEX orders_open ON orders (updated_at)
    WHERE status IN ('pending','awaiting_payment','paid','cancelling')`.execute(db)
  await sql`CREATE TABLE order_items (
    order_id uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
    line_no int NOT NULL CHECK (line_no > 0),
    product_id uuid NOT NULL,
    sku text NOT NULL,
    name text NOT NULL,
    unit_price_minor bigint NOT NULL CHECK (unit_price_minor > 0),
    quantity int NOT NULL CHECK (quantity BETWEEN 1 AND 999),
    subtotal_minor bigint GENERATED ALWAYS AS (unit_price_minor * quantity) STORED,
    PRIMARY KEY (order_id, line_no),
    UNIQUE (order_id, product_id))`.execute(db)
  await sql`CREATE TABLE order_events (
    order_id uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
    seq bigint NOT NULL CHECK (seq > 0),
    from_status text,
    to_status text NOT NULL,
    reason text,
    actor text NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, seq))`.execute(db)
  // The statuses have no cycle, so an order enters each of them once. This is what makes a repeated step harmless.
  await sql`CREATE UNIQUE INDEX order_events_once ON order_events (order_id, to_status)`.execute(db)
}

async function createPaymentAttempts(db: Kysely<unknown>): Promise<void> {
  // Written before the charge is asked for. The token is forgotten as soon as the attempt is decided.
  await sql`CREATE TABLE payment_attempts (
    order_id uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
    attempt int NOT NULL CHECK (attempt > 0),
    user_id uuid NOT NULL,
    method text NOT NULL,
    payment_token text,
    status text NOT NULL DEFAULT 'running' CHECK (status IN ('running','succeeded','declined','failed')),
    payment_id uuid,
    failure_code text,
    request_id text,
    request_hash bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, attempt),
    CHECK ((request_id IS NULL) = (request_hash IS NULL)),
    CHECK (payment_token IS NULL OR status = 'running'))`.execute(db)
  await sql`CREATE UNIQUE INDEX attempts_one_running ON payment_attempts (order_id) WHERE status = 'running'`.execute(
    db
  )
  await sql`CREATE UNIQUE INDEX attempts_idem ON payment_attempts (user_id, request_id)
    WHERE request_id IS NOT NULL`.execute(db)
}

async function createIdempotencyKeys(db: Kysely<unknown>): Promise<void> {
  // For requests that create no row of their own.
  await sql`CREATE TABLE idempotency_keys (
    scope text NOT NULL,
    key text NOT NULL,
    request_hash bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (scope, key))`.execute(db)
  await sql`CREATE INDEX idempotency_keys_expired ON idempotency_keys (expires_at)`.execute(db)
}

async function createEventAnnouncements(db: Kysely<unknown>): Promise<void> {
  // A trigger, so that whoever writes an event announces it with its commit, a process of an older release too. Commits that
  // announce queue up for a lock of the database server: that bounds how many events it can write in a second.
  await sql`CREATE FUNCTION announce_order_event() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      PERFORM pg_notify(${sql.lit(eventChannel)}, NEW.order_id::text);
      RETURN NULL;
    END $$`.execute(db)
  await sql`CREATE TRIGGER order_events_announced AFTER INSERT ON order_events
    FOR EACH ROW EXECUTE FUNCTION announce_order_event()`.execute(db)
}

async function createOrderRefunds(db: Kysely<unknown>): Promise<void> {
  // Written before the money is given back.
  await sql`CREATE TABLE order_refunds (
    order_id uuid NOT NULL REFERENCES orders ON DELETE CASCADE,
    number int NOT NULL CHECK (number > 0),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    reason text NOT NULL,
    restock boolean NOT NULL,
    actor text NOT NULL,
    status text NOT NULL DEFAULT 'running' CHECK (status IN ('running','succeeded','failed')),
    refusal text,
    request_id text,
    request_hash bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, number),
    CHECK ((request_id IS NULL) = (request_hash IS NULL)),
    CHECK ((refusal IS NULL) = (status <> 'failed')))`.execute(db)
  await sql`CREATE UNIQUE INDEX refunds_one_running ON order_refunds (order_id) WHERE status = 'running'`.execute(db)
  await sql`CREATE UNIQUE INDEX refunds_idem ON order_refunds (actor, request_id) WHERE request_id IS NOT NULL`.execute(
    db
  )
}
