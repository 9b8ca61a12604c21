import { Code } from '@connectrpc/connect'
import { sql } from 'kysely'
import { isUniqueViolation } from '../shared/database.ts'
import { newId } from '../shared/ids.ts'
import { failure } from '../shared/service-error.ts'
import { inSpan } from '../shared/telemetry.ts'
import type { PaymentMethodName, PaymentRow } from './schema.ts'
import { type PaymentDeps, providerUnknown, settleCharge } from './settle.ts'
import { lockOrder, paymentsOfOrder, type Trx } from './store.ts'

/** One attempt to pay an order. */
export interface ChargeDraft {
  orderId: string
  userId: string
  /** From 1. */
  attempt: number
  amountMinor: bigint
  currencyCode: string
  method: PaymentMethodName
  paymentToken?: string | undefined
  /** The key of the attempt. */
  requestId: string
  /** SHA-256 of the request without its key. */
  requestHash: Buffer
}

/**
 * Charges one attempt of an order. The provider is called between two transactions: the first one writes down that it
 * will be asked, the second one what it said; so a crash in between leaves a trace that can be followed up.
 * Repeating the call with the same key answers with what became of the first one.
 *
 * @throws FAILED_PRECONDITION PAYMENT_DECLINED with metadata `failure_code` and `payment_id`
 * @throws FAILED_PRECONDITION PAYMENT_CLOSED when the order's payments were reversed
 * @throws INVALID_ARGUMENT IDEMPOTENCY_KEY_REUSED
 * @throws ALREADY_EXISTS ORDER_ALREADY_PAID, ABORTED REQUEST_IN_PROGRESS for another attempt of the order
 * @throws UNAVAILABLE when the provider's answer is not known
 */
export async function processPayment(deps: PaymentDeps, draft: ChargeDraft): Promise<PaymentRow> {
  const attributes = { 'order.id': draft.orderId, 'user.id': draft.userId, method: draft.method }
  return await inSpan('payment.process', attributes, async span => {
    const begun = await begin(deps, draft)
    span.setAttribute('payment.id', begun.id)
    if (begun.status !== 'processing') return outcomeOf(begun)
    const result = await deps.gateway.charge(begun, draft.paymentToken)
    if (!result) {
      deps.metrics.charge('unknown', draft.method)
      throw providerUnknown()
    }
    const settled = await settleCharge(deps, begun.id, result)
    if (settled.transaction_id !== null) span.setAttribute('transaction.id', settled.transaction_id)
    count(deps, settled)
    return outcomeOf(settled)
  })
}

function count({ metrics }: PaymentDeps, { status, method }: PaymentRow) {
  if (status === 'succeeded') metrics.charge('succeeded', method)
  else metrics.charge(status === 'failed' ? 'declined' : 'closed', method)
}

async function begin(deps: PaymentDeps, draft: ChargeDraft): Promise<PaymentRow> {
  try {
    return await deps.db.transaction().execute(trx => beginLocked(trx, draft))
  } catch (error) {
    // Either the key is another order's, or this attempt was made under another key.
    if (isUniqueViolation(error)) throw keyReused()
    throw error
  }
}

async function beginLocked(trx: Trx, draft: ChargeDraft): Promise<PaymentRow> {
  const { closed } = await lockOrder(trx, draft.orderId)
  const attempts = await paymentsOfOrder(trx, draft.orderId)
  const repeated = attempts.find(payment => payment.request_id === draft.requestId)
  if (repeated && !repeated.request_hash.equals(draft.requestHash)) throw keyReused()
  if (closed && (!repeated || repeated.status === 'processing')) throw paymentClosed()
  if (repeated) return repeated.status === 'processing' ? await noteAnotherTry(trx, repeated) : repeated
  refuseSecondLivePayment(attempts)
  return await trx
    .insertInto('payments')
    .values({
      id: newId(),
      order_id: draft.orderId,
      user_id: draft.userId,
      attempt: draft.attempt,
      amount_minor: draft.amountMinor,
      currency_code: draft.currencyCode,
      method: draft.method,
      status: 'processing',
      transaction_id: null,
      failure_code: null,
      request_id: draft.requestId,
      request_hash: draft.requestHash
    })
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Puts off the moment when the payment is given up: the provider is about to be asked again. */
async function noteAnotherTry(trx: Trx, payment: PaymentRow): Promise<PaymentRow> {
  return await trx
    .updateTable('payments')
    .set({ updated_at: sql<Date>`now()`, version: sql<bigint>`version + 1` })
    .where('id', '=', payment.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

function refuseSecondLivePayment(attempts: readonly PaymentRow[]) {
  if (attempts.some(({ status }) => status === 'succeeded' || status === 'partially_refunded')) {
    throw failure(Code.AlreadyExists, 'ORDER_ALREADY_PAID', 'the order is already paid')
  }
  if (attempts.some(({ status }) => status === 'processing')) {
    throw failure(Code.Aborted, 'REQUEST_IN_PROGRESS', 'another payment of the order is in progress', {
      retryAfterSeconds: 1
    })
  }
}

/** The payment when money was taken, else why not. */
function outcomeOf(payment: PaymentRow): PaymentRow {
  switch (payment.status) {
    case 'succeeded':
    case 'partially_refunded':
      return payment
    case 'failed':
    case 'cancelled':
      throw failure(Code.FailedPrecondition, 'PAYMENT_DECLINED', 'the payment was declined', {
        metadata: { failure_code: payment.failure_code ?? 'declined', payment_id: payment.id }
      })
    default:
      throw paymentClosed()
  }
}

function paymentClosed() {
  return failure(Code.FailedPrecondition, 'PAYMENT_CLOSED', 'the payments of this order are closed')
}

function keyReused() {
  return failure(Code.InvalidArgument, 'IDEMPOTENCY_KEY_REUSED', 'the key was used for a different request')
}
