import type { Client } from '@connectrpc/connect'
import { PaymentMethodSchema, type PaymentService, RefundReason } from '../../gen/shop/payment/v1/payment_pb.ts'
import { enumNumber } from '../shared/enum-names.ts'
import { requireAttempt } from './attempts.ts'
import type { ChargeOutcome } from './flow.ts'
import { chargeTimeoutMs, createStepKit, type FlowOptions, inSagaSpan, type StepDeps } from './step-kit.ts'
import { requireOrder } from './store.ts'

export interface PaymentStepDeps extends StepDeps {
  payments: Client<typeof PaymentService>
}

export type PaymentSteps = ReturnType<typeof createPaymentSteps>

/** The steps that ask the payment service. */
export function createPaymentSteps(deps: PaymentStepDeps, { unknownBudgetMs = 60_000 }: FlowOptions = {}) {
  const { db, payments, repeater } = deps
  const { read, noteRetries, cancelWanted, compensate } = createStepKit(deps)
  const timeoutMs = chargeTimeoutMs

  async function chargeRequest(orderId: string, number: number) {
    const order = await requireOrder(db, orderId)
    const attempt = await requireAttempt(db, orderId, number)
    return {
      orderId,
      userId: order.user_id,
      attempt: number,
      amount: { currencyCode: order.currency_code, amountMinor: order.total_minor },
      method: enumNumber(PaymentMethodSchema, attempt.method),
      requestId: `${orderId}:${number}`,
      ...(attempt.payment_token === null ? {} : { paymentToken: attempt.payment_token })
    }
  }

  return {
    /** Charges an attempt; the key is the order and the number of the attempt. */
    async charge(orderId: string, number: number): Promise<ChargeOutcome> {
      return await inSagaSpan('process_payment', orderId, async () => {
        if (await cancelWanted(orderId)) return { kind: 'cancelled' }
        const request = await read('charge', orderId, () => chargeRequest(orderId, number))
        const call = async () => ({ paymentId: (await payments.processPayment(request, { timeoutMs })).id })
        const charged = await repeater.untilKnown(call, unknownBudgetMs, noteRetries('charge', orderId))
        if (charged.kind !== 'refused' || charged.reason !== 'PAYMENT_DECLINED') return charged
        return { kind: 'declined', failureCode: charged.metadata.failure_code ?? 'declined' }
      })
    },

    /** Gives back whatever was paid, and keeps a charge that is still on its way from taking more. */
    async reversePayments(orderId: string, ending: 'failed' | 'cancelled'): Promise<void> {
      const reason = ending === 'failed' ? RefundReason.FULFILMENT_FAILED : RefundReason.ORDER_CANCELLED
      await compensate('reverse payments', orderId, async () => {
        await payments.reverseOrderPayments({ orderId, reason }, { timeoutMs })
      })
    }
  }
}
