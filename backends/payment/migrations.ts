import { type Kysely, sql } from 'kysely'
import type { Migration } from 'kysely/migration'

/** The schema of the payments database, oldest migration first. A migration that was released is never edited. */
export const paymentMigrations: Record<string, Migration> = {
  '001_payments': { up: createPayments },
  '002_simulator': { up: createSimulatorBook }
}

async function createPayments(db: Kysely<unknown>): Promise<void> {
  // The row of an order is the lock that its payments are changed under; closed_at is the fence behind which nothing
  // is charged any more.
  await sql`CREATE TABLE payment_orders (order_id uuid PRIMARY KEY, closed_at timestamptz)`.execute(db)
  await sql`CREATE TABLE payments (
    id uuid PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES payment_orders,
    user_id uuid NOT NULL,
    attempt int NOT NULL CHECK (attempt > 0),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency_code char(3) NOT NULL CHECK (currency_code ~ '^[A-Z]{3}$'),
    captured_minor bigint NOT NULL DEFAULT 0,
    refunded_minor bigint NOT NULL DEFAULT 0,
    method text NOT NULL CHECK (method IN ('credit_card','debit_card','paypal','alipay','wechat')),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN
      ('pending','processing','succeeded','failed','cancelled','partially_refunded','refunded')),
    transaction_id text,
    failure_code text,
    request_id text NOT NULL,
    request_hash bytea NOT NULL,
    version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (order_id, attempt),
    UNIQUE (request_id),
    CHECK (0 <= refunded_minor AND refunded_minor <= captured_minor AND captured_minor <= amount_minor),
    CHECK ((captured_minor > 0) = (status IN ('succeeded','partially_refunded','refunded'))))`.execute(db)
  await sql`CREATE UNIQUE INDEX payments_one_live ON payments (order_id)
    WHERE status IN ('processing','succeeded','partially_refunded')`.execute(db)
  await sql`CREATE UNIQUE INDEX payments_txn ON payments (transaction_id) WHERE transaction_id IS NOT NULL`.execute(db)
  await sql`CREATE INDEX payments_user ON payments (user_id, created_at DESC, id DESC)`.execute(db)
  await sql`CREATE INDEX payments_unsettled ON payments (updated_at) WHERE status = 'processing'`.execute(db)
  await sql`CREATE TABLE refunds (
    id uuid PRIMARY KEY,
    payment_id uuid NOT NULL REFERENCES payments,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    reason text NOT NULL CHECK (reason IN
      ('requested_by_customer','duplicate','fraudulent','order_cancelled','fulfilment_failed')),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending','succeeded','failed')),
    request_id text NOT NULL UNIQUE,
    provider_ref text,
    created_at timestamptz NOT NULL DEFAULT now())`.execute(db)
  await sql`CREATE INDEX refunds_payment ON refunds (payment_id)`.execute(db)
  await sql`CREATE INDEX refunds_unsettled ON refunds (created_at) WHERE status = 'pending'`.execute(db)
  // Append-only. Its sum is what the shop holds of each payment.
  await sql`CREATE TABLE payment_ledger (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    payment_id uuid NOT NULL REFERENCES payments,
    refund_id uuid REFERENCES refunds,
    kind text NOT NULL CHECK (kind IN ('capture','refund')),
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency_code char(3) NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    CHECK ((kind = 'refund') = (refund_id IS NOT NULL)),
    UNIQUE (refund_id))`.execute(db)
  await sql`CREATE UNIQUE INDEX ledger_one_capture ON payment_ledger (payment_id) WHERE kind = 'capture'`.execute(db)
}

async function createSimulatorBook(db: Kysely<unknown>): Promise<void> {
  // What the simulated provider remembers. It stands for somebody else's database: nothing here refers to it.
  await sql`CREATE TABLE simulator_book (
    key text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('charge','refund')),
    outcome text NOT NULL CHECK (outcome IN ('captured','declined','refunded')),
    reference text NOT NULL UNIQUE,
    failure_code text,
    amount_minor bigint NOT NULL CHECK (amount_minor > 0),
    currency_code char(3) NOT NULL,
    at timestamptz NOT NULL DEFAULT now())`.execute(db)
}
