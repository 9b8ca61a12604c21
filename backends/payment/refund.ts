import { Code } from '@connectrpc/connect'
import { failure } from '../shared/service-error.ts'
import { inSpan } from '../shared/telemetry.ts'
import type { PaymentRow, RefundReasonName, RefundRow } from './schema.ts'
import { finishRefund, giveUpPayment, lockPayment, openRefund, type PaymentDeps, settleCharge } from './settle.ts'
import { closeOrder, lockOrder, paymentsOfOrder, refundsOf, type Trx } from './store.ts'

/** What a caller wants to have given back. */
export interface RefundRequestDraft {
  paymentId: string
  /** undefined: all that is left. */
  amount?: { amountMinor: bigint; currencyCode: string } | undefined
  reason: RefundReasonName
  requestId: string
}

/**
 * Gives back part or all of one payment; once per key.
 *
 * @throws NOT_FOUND PAYMENT_NOT_FOUND
 * @throws INVALID_ARGUMENT AMOUNT_MISMATCH, CURRENCY_MISMATCH, IDEMPOTENCY_KEY_REUSED
 * @throws UNAVAILABLE when the provider's answer is not known
 */
export async function refundPayment(
  deps: PaymentDeps,
  draft: RefundRequestDraft
): Promise<{ refund: RefundRow; currencyCode: string }> {
  return await inSpan('payment.refund', { 'payment.id': draft.paymentId }, async () => {
    const { refund, currencyCode } = await deps.db.transaction().execute(trx => openRequested(trx, draft))
    return { refund: await finishRefund(deps, refund.id), currencyCode }
  })
}

async function openRequested(trx: Trx, draft: RefundRequestDraft) {
  const { payment } = await lockPayment(trx, draft.paymentId)
  const currencyCode = payment.currency_code
  if (draft.amount && draft.amount.currencyCode !== currencyCode) {
    throw failure(Code.InvalidArgument, 'CURRENCY_MISMATCH', `the payment is in ${currencyCode}`)
  }
  const amountMinor = draft.amount?.amountMinor
  const repeated = await refundByKey(trx, draft.requestId)
  if (repeated) return { refund: sameRefund(repeated, draft, amountMinor), currencyCode }
  const left = await leftToRefund(trx, payment)
  const wanted = amountMinor ?? left
  if (wanted <= 0n || wanted > left) {
    throw failure(Code.InvalidArgument, 'AMOUNT_MISMATCH', `${left} of the payment can be given back`, {
      metadata: { left_minor: String(left) }
    })
  }
  const refund = await openRefund(trx, payment, {
    amountMinor: wanted,
    reason: draft.reason,
    key: draft.requestId
  })
  return { refund, currencyCode }
}

function sameRefund(earlier: RefundRow, draft: RefundRequestDraft, amountMinor: bigint | undefined): RefundRow {
  const same =
    earlier.payment_id === draft.paymentId &&
    earlier.reason === draft.reason &&
    (amountMinor === undefined || amountMinor === earlier.amount_minor)
  if (same) return earlier
  throw failure(Code.InvalidArgument, 'IDEMPOTENCY_KEY_REUSED', 'the key was used for a different request')
}

/**
 * Gives back whatever an order has paid and raises its fence, so that a charge which is still on its way is refused, or
 * given back when it arrives. Safe to repeat, and safe when there is nothing.
 *
 * A charge whose outcome nobody knows yet does not hold the answer up: the fence and the recovery job see to it.
 *
 * @throws UNAVAILABLE when the provider's answer to a refund is not known
 */
export async function reverseOrderPayments(
  deps: PaymentDeps,
  orderId: string,
  reason: RefundReasonName
): Promise<{ payments: PaymentRow[]; refunds: RefundRow[] }> {
  return await inSpan('payment.refund', { 'order.id': orderId }, async () => {
    await deps.db.transaction().execute(async trx => {
      await lockOrder(trx, orderId)
      await closeOrder(trx, orderId)
      for (const payment of await paymentsOfOrder(trx, orderId)) {
        const left = await leftToRefund(trx, payment)
        if (left > 0n) await openRefund(trx, payment, { amountMinor: left, reason, key: `${orderId}:close` })
      }
    })
    for (const payment of await paymentsOfOrder(deps.db, orderId)) {
      if (payment.status === 'processing') await resolveCharge(deps, payment)
    }
    const payments = await paymentsOfOrder(deps.db, orderId)
    const refunds = await refundsOf(
      deps.db,
      payments.map(payment => payment.id)
    )
    for (const refund of refunds) await finishRefund(deps, refund.id)
    return await stateOf(deps, orderId)
  })
}

async function stateOf({ db }: PaymentDeps, orderId: string) {
  const payments = await paymentsOfOrder(db, orderId)
  return {
    payments,
    refunds: await refundsOf(
      db,
      payments.map(payment => payment.id)
    )
  }
}

/** Asks the provider what became of a charge and writes it down, if it knows. */
export async function resolveCharge(deps: PaymentDeps, payment: PaymentRow): Promise<'settled' | 'unknown' | 'absent'> {
  const { result, asked } = await deps.gateway.lookup(payment)
  if (result) await settleCharge(deps, payment.id, result)
  if (result) return 'settled'
  return asked ? 'absent' : 'unknown'
}

/** Resolves a charge that nobody has asked about for long: what the provider knows nothing of is given up. */
export async function resolveStaleCharge(deps: PaymentDeps, payment: PaymentRow): Promise<void> {
  if ((await resolveCharge(deps, payment)) === 'absent') await giveUpPayment(deps, payment.id, payment.version)
}

async function leftToRefund(trx: Trx, payment: PaymentRow): Promise<bigint> {
  const refunds = await refundsOf(trx, [payment.id])
  const promised = refunds.filter(refund => refund.status !== 'failed')
  return promised.reduce((left, refund) => left - refund.amount_minor, payment.captured_minor)
}

async function refundByKey(trx: Trx, key: string): Promise<RefundRow | undefined> {
  return await trx.selectFrom('refunds').selectAll().where('request_id', '=', key).executeTakeFirst()
}
