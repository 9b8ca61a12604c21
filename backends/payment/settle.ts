import { Code } from '@connectrpc/connect'
import { newId } from '../shared/ids.ts'
import { failure } from '../shared/service-error.ts'
import type { ProviderGateway } from './gateway.ts'
import type { PaymentMetrics } from './metrics.ts'
import type { ChargeResult } from './provider.ts'
import type { PaymentRow, RefundReasonName, RefundRow } from './schema.ts'
import { type Db, lockOrder, requirePayment, type Trx, updatePayment, writeLedger } from './store.ts'

/** What the operations on payments work with. */
export interface PaymentDeps {
  db: Db
  gateway: ProviderGateway
  metrics: PaymentMetrics
}

/**
 * Writes down what the provider decided on a charge. Doing so twice changes nothing.
 *
 * A charge can arrive when nobody wants it any more: behind the fence of a closed order, or after the payment was given
 * up. Such money is given back at once, so it never stands as a success.
 *
 * @throws UNAVAILABLE when unwanted money could not be given back yet; it stays written down and is tried again
 */
export async function settleCharge(deps: PaymentDeps, paymentId: string, result: ChargeResult): Promise<PaymentRow> {
  const { payment, unwanted } = await deps.db.transaction().execute(async trx => {
    const { payment, closed } = await lockPayment(trx, paymentId)
    if (payment.captured_minor > 0n) return { payment, unwanted: null }
    if (result.outcome === 'declined') return { payment: await decline(trx, payment, result), unwanted: null }
    const charged = await updatePayment(trx, payment.id, { transaction_id: result.transactionId })
    if (closed || payment.status !== 'processing') {
      const request = {
        amountMinor: payment.amount_minor,
        reason: 'order_cancelled',
        key: `${payment.id}:unwanted`
      } as const
      return { payment: charged, unwanted: await openRefund(trx, charged, request) }
    }
    deps.metrics.captured(payment.amount_minor, payment.currency_code)
    return { payment: await capture(trx, charged), unwanted: null }
  })
  if (!unwanted) return payment
  await finishRefund(deps, unwanted.id)
  return await requirePayment(deps.db, paymentId)
}

async function decline(trx: Trx, payment: PaymentRow, { failureCode }: { failureCode: string }): Promise<PaymentRow> {
  if (payment.status !== 'processing') return payment
  return await updatePayment(trx, payment.id, { status: 'failed', failure_code: failureCode })
}

async function capture(trx: Trx, payment: PaymentRow): Promise<PaymentRow> {
  await writeLedger(trx, payment, { kind: 'capture', amountMinor: payment.amount_minor })
  return await updatePayment(trx, payment.id, { status: 'succeeded', captured_minor: payment.amount_minor })
}

/**
 * Gives a payment up that the provider knows nothing of, long after it was asked. Nothing was taken; should the charge
 * arrive after all, `settleCharge` gives it back.
 *
 * @param version the payment as the caller saw it; one that changed since then is left alone
 */
export async function giveUpPayment(deps: PaymentDeps, paymentId: string, version: bigint): Promise<void> {
  await deps.db.transaction().execute(async trx => {
    const { payment } = await lockPayment(trx, paymentId)
    if (payment.status !== 'processing' || payment.version !== version) return
    await updatePayment(trx, payment.id, { status: 'cancelled', failure_code: 'provider_timeout' })
  })
}

/** What to give back of a payment. */
export interface RefundDraft {
  amountMinor: bigint
  reason: RefundReasonName
  /** Natural key: one refund per key. */
  key: string
}

/** Writes down the will to give money back, before the provider is asked. Answers the earlier one of the same key. */
export async function openRefund(trx: Trx, payment: PaymentRow, draft: RefundDraft): Promise<RefundRow> {
  await trx
    .insertInto('refunds')
    .values({
      id: newId(),
      payment_id: payment.id,
      amount_minor: draft.amountMinor,
      reason: draft.reason,
      request_id: draft.key,
      provider_ref: null
    })
    .onConflict(conflict => conflict.column('request_id').doNothing())
    .execute()
  return await trx.selectFrom('refunds').selectAll().where('request_id', '=', draft.key).executeTakeFirstOrThrow()
}

/**
 * Asks the provider to give back what `openRefund` wrote down, and books it. Doing so twice gives back once.
 *
 * @throws UNAVAILABLE when the provider's answer is not known
 */
export async function finishRefund(deps: PaymentDeps, refundId: string): Promise<RefundRow> {
  const refund = await refundById(deps.db, refundId)
  if (refund.status !== 'pending') return refund
  const payment = await requirePayment(deps.db, refund.payment_id)
  const given = await deps.gateway.refund(payment, refund)
  if (!given) throw providerUnknown()
  return await deps.db.transaction().execute(async trx => {
    const { payment } = await lockPayment(trx, refund.payment_id)
    const current = await refundById(trx, refundId)
    if (current.status !== 'pending') return current
    return await bookRefund(trx, payment, current, given.reference)
  })
}

async function bookRefund(trx: Trx, payment: PaymentRow, refund: RefundRow, reference: string): Promise<RefundRow> {
  // An unwanted charge was never booked as a success: its capture and its return are booked together.
  if (payment.captured_minor === 0n)
    await writeLedger(trx, payment, { kind: 'capture', amountMinor: payment.amount_minor })
  await writeLedger(trx, payment, { kind: 'refund', amountMinor: refund.amount_minor, refundId: refund.id })
  const refunded = payment.refunded_minor + refund.amount_minor
  await updatePayment(trx, payment.id, {
    status: refunded === payment.amount_minor ? 'refunded' : 'partially_refunded',
    captured_minor: payment.amount_minor,
    refunded_minor: refunded
  })
  return await trx
    .updateTable('refunds')
    .set({ status: 'succeeded', provider_ref: reference })
    .where('id', '=', refund.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** The payment, read under the lock of its order. */
export async function lockPayment(trx: Trx, paymentId: string): Promise<{ payment: PaymentRow; closed: boolean }> {
  const { order_id } = await requirePayment(trx, paymentId)
  const { closed } = await lockOrder(trx, order_id)
  return { payment: await requirePayment(trx, paymentId), closed }
}

/** The provider was asked and its answer is not known: the caller repeats with the same key. */
export function providerUnknown() {
  return failure(Code.Unavailable, 'UPSTREAM_UNAVAILABLE', 'the payment provider did not answer', {
    retryAfterSeconds: 1
  })
}

async function refundById(db: Db, id: string): Promise<RefundRow> {
  return await db.selectFrom('refunds').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
}
