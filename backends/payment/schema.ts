import type { ColumnType, Generated, Selectable } from 'kysely'

/** How far a payment is. `pending` is reserved: a payment is stored together with the decision to ask the provider. */
export type PaymentStatusName =
  | 'pending'
  | 'processing'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'partially_refunded'
  | 'refunded'

export type RefundReasonName =
  | 'requested_by_customer'
  | 'duplicate'
  | 'fraudulent'
  | 'order_cancelled'
  | 'fulfilment_failed'

export type RefundStatusName = 'pending' | 'succeeded' | 'failed'

export type PaymentMethodName = 'credit_card' | 'debit_card' | 'paypal' | 'alipay' | 'wechat'

interface PaymentsTable {
  id: string
  order_id: string
  user_id: string
  attempt: number
  amount_minor: bigint
  currency_code: string
  captured_minor: Generated<bigint>
  refunded_minor: Generated<bigint>
  method: PaymentMethodName
  status: PaymentStatusName
  transaction_id: string | null
  failure_code: string | null
  request_id: string
  request_hash: Buffer
  version: Generated<bigint>
  created_at: Generated<Date>
  updated_at: Generated<Date>
}

interface RefundsTable {
  id: string
  payment_id: string
  amount_minor: bigint
  reason: RefundReasonName
  status: Generated<RefundStatusName>
  request_id: string
  provider_ref: string | null
  created_at: Generated<Date>
}

/** The tables of the payments database. */
export interface PaymentSchema {
  payment_orders: { order_id: string; closed_at: Date | null }
  payments: PaymentsTable
  refunds: RefundsTable
  payment_ledger: {
    id: ColumnType<bigint, never, never>
    payment_id: string
    refund_id: string | null
    kind: 'capture' | 'refund'
    amount_minor: bigint
    currency_code: string
    at: Generated<Date>
  }
  simulator_book: {
    key: string
    kind: 'charge' | 'refund'
    outcome: 'captured' | 'declined' | 'refunded'
    reference: string
    failure_code: string | null
    amount_minor: bigint
    currency_code: string
    at: Generated<Date>
  }
}

export type PaymentRow = Selectable<PaymentsTable>
export type RefundRow = Selectable<RefundsTable>
