import { create } from '@bufbuild/protobuf'
import { Code, type ServiceImpl } from '@connectrpc/connect'
import {
  PaymentMethodSchema,
  type PaymentService,
  type ProcessPaymentRequest,
  ProcessPaymentRequestSchema,
  RefundReasonSchema,
  ReverseOrderPaymentsResponseSchema
} from '../../gen/shop/payment/v1/payment_pb.ts'
import { enumName } from '../shared/enum-names.ts'
import { requestHash } from '../shared/request-hash.ts'
import { failure } from '../shared/service-error.ts'
import { type ChargeDraft, processPayment } from './charge.ts'
import { toPayment, toRefund } from './messages.ts'
import { refundPayment, reverseOrderPayments } from './refund.ts'
import type { PaymentDeps } from './settle.ts'
import { refundsOf } from './store.ts'

type MoneyRpcs = Pick<ServiceImpl<typeof PaymentService>, 'processPayment' | 'reverseOrderPayments' | 'refundPayment'>

/** The rpcs that move money; for other services only. */
export function createMoneyRpcs(deps: PaymentDeps): MoneyRpcs {
  return {
    async processPayment(request) {
      const payment = await processPayment(deps, toDraft(request))
      return toPayment(payment, await refundsOf(deps.db, [payment.id]))
    },

    async reverseOrderPayments({ orderId, reason }) {
      const { payments, refunds } = await reverseOrderPayments(deps, orderId, enumName(RefundReasonSchema, reason)!)
      const currencyCode = payments[0]?.currency_code ?? ''
      return create(ReverseOrderPaymentsResponseSchema, {
        payments: payments.map(row =>
          toPayment(
            row,
            refunds.filter(refund => refund.payment_id === row.id)
          )
        ),
        refunds: refunds.map(row => toRefund(row, currencyCode))
      })
    },

    async refundPayment({ paymentId, amount, reason, requestId }) {
      const { refund, currencyCode } = await refundPayment(deps, {
        paymentId,
        amount,
        reason: enumName(RefundReasonSchema, reason)!,
        requestId
      })
      return toRefund(refund, currencyCode)
    }
  }
}

/** @throws INVALID_ARGUMENT VALIDATION_FAILED for an amount that is not positive */
function toDraft(request: ProcessPaymentRequest): ChargeDraft {
  const { amountMinor, currencyCode } = request.amount!
  if (amountMinor <= 0n) {
    const violations = [{ field: 'amount.amount_minor', description: 'must be greater than 0' }]
    throw failure(Code.InvalidArgument, 'VALIDATION_FAILED', 'amount must be greater than 0', { violations })
  }
  return {
    orderId: request.orderId,
    userId: request.userId,
    attempt: request.attempt,
    amountMinor,
    currencyCode,
    method: enumName(PaymentMethodSchema, request.method)!,
    paymentToken: request.paymentToken,
    requestId: request.requestId,
    requestHash: requestHash(ProcessPaymentRequestSchema, request)
  }
}
