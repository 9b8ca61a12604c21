import type { ColumnType, Generated, Kysely, Selectable, Transaction } from 'kysely'
import type { PaymentMethodName, RefundReasonName } from '../payment/schema.ts'

/** How far an order is. */
export type OrderStatusName =
  | 'pending'
  | 'awaiting_payment'
  | 'paid'
  | 'confirmed'
  | 'shipped'
  | 'delivered'
  | 'cancelling'
  | 'cancelled'
  | 'failed'
  | 'refunded'

interface OrdersTable {
  id: string
  user_id: string
  status: Generated<OrderStatusName>
  currency_code: string
  total_minor: bigint
  refunded_minor: Generated<bigint>
  payment_method: PaymentMethodName
  payment_id: string | null
  failure_reason: string | null
  /** Written as JSON text. */
  failure_details: ColumnType<Record<string, string> | null, string | null | undefined, string | null>
  cancel_requested_at: Date | null
  cancel_reason: string | null
  cancel_actor: string | null
  expires_at: Date | null
  workflow_id: string
  request_id: string | null
  request_hash: Buffer | null
  version: Generated<bigint>
  event_seq: Generated<bigint>
  created_at: Generated<Date>
  updated_at: Generated<Date>
}

interface OrderItemsTable {
  order_id: string
  line_no: number
  product_id: string
  sku: string
  name: string
  unit_price_minor: bigint
  quantity: number
  subtotal_minor: ColumnType<bigint, never, never>
}

interface OrderEventsTable {
  order_id: string
  seq: bigint
  from_status: OrderStatusName | null
  to_status: OrderStatusName
  reason: string | null
  actor: string
  at: Generated<Date>
}

/** `failed`: it came to nothing for another reason than a refusal of the payment. */
export type AttemptStatusName = 'running' | 'succeeded' | 'declined' | 'failed'

interface PaymentAttemptsTable {
  order_id: string
  attempt: number
  user_id: string
  method: PaymentMethodName
  payment_token: string | null
  status: Generated<AttemptStatusName>
  payment_id: string | null
  failure_code: string | null
  request_id: string | null
  request_hash: Buffer | null
  created_at: Generated<Date>
  updated_at: Generated<Date>
}

/** `failed`: the payment service refused it. */
export type RefundStatusName = 'running' | 'succeeded' | 'failed'

interface OrderRefundsTable {
  order_id: string
  number: number
  amount_minor: bigint
  reason: RefundReasonName
  restock: boolean
  /** Who asked for it: the id of a user, or the name of a service. */
  actor: string
  status: Generated<RefundStatusName>
  /** Why it failed. */
  refusal: string | null
  request_id: string | null
  request_hash: Buffer | null
  created_at: Generated<Date>
  updated_at: Generated<Date>
}

/** The tables of the orders database. */
export interface OrderSchema {
  orders: OrdersTable
  order_items: OrderItemsTable
  order_events: OrderEventsTable
  payment_attempts: PaymentAttemptsTable
  order_refunds: OrderRefundsTable
  idempotency_keys: {
    scope: string
    key: string
    request_hash: Buffer
    created_at: Generated<Date>
    expires_at: Date
  }
}

export type Db = Kysely<OrderSchema>
export type Trx = Transaction<OrderSchema>
export type OrderRow = Selectable<OrdersTable>
export type OrderItemRow = Selectable<OrderItemsTable>
export type OrderEventRow = Selectable<OrderEventsTable>
export type AttemptRow = Selectable<PaymentAttemptsTable>
export type RefundRow = Selectable<OrderRefundsTable>
