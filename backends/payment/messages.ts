import { create } from '@bufbuild/protobuf'
import { type Money, MoneySchema } from '../../gen/shop/common/v1/money_pb.ts'
import {
  type Payment,
  PaymentSchema as PaymentMessage,
  PaymentMethodSchema,
  PaymentStatusSchema,
  type Refund,
  RefundReasonSchema,
  RefundSchema,
  RefundStatusSchema
} from '../../gen/shop/payment/v1/payment_pb.ts'
import { enumNumber } from '../shared/enum-names.ts'
import { formatEtag } from '../shared/etag.ts'
import { toTimestamp } from '../shared/time.ts'
import type { PaymentRow, RefundRow } from './schema.ts'

/** A payment as the callers see it; `refunds` are its own, oldest first. */
export function toPayment(row: PaymentRow, refunds: readonly RefundRow[]): Payment {
  const money = (amountMinor: bigint) => toMoney(row.currency_code, amountMinor)
  return create(PaymentMessage, {
    id: row.id,
    orderId: row.order_id,
    userId: row.user_id,
    attempt: row.attempt,
    amount: money(row.amount_minor),
    capturedAmount: money(row.captured_minor),
    refundedAmount: money(row.refunded_minor),
    method: enumNumber(PaymentMethodSchema, row.method),
    status: enumNumber(PaymentStatusSchema, row.status),
    transactionId: row.transaction_id ?? '',
    failureCode: row.failure_code ?? '',
    refunds: refunds.map(refund => toRefund(refund, row.currency_code)),
    createdAt: toTimestamp(row.created_at),
    updatedAt: toTimestamp(row.updated_at),
    etag: formatEtag(row.version)
  })
}

/** A refund has no currency of its own: it is the payment's. */
export function toRefund(row: RefundRow, currencyCode: string): Refund {
  return create(RefundSchema, {
    id: row.id,
    paymentId: row.payment_id,
    amount: toMoney(currencyCode, row.amount_minor),
    reason: enumNumber(RefundReasonSchema, row.reason),
    status: enumNumber(RefundStatusSchema, row.status),
    createdAt: toTimestamp(row.created_at)
  })
}

function toMoney(currencyCode: string, amountMinor: bigint): Money {
  return create(MoneySchema, { currencyCode, amountMinor })
}
