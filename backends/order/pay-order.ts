import { create } from '@bufbuild/protobuf'
import { Code, type HandlerContext } from '@connectrpc/connect'
import { sql } from 'kysely'
import { type PayOrderRequest, PayOrderRequestSchema } from '../../gen/shop/order/v1/order_pb.ts'
import {
  type Payment,
  PaymentMethodSchema,
  PaymentSchema,
  PaymentStatus
} from '../../gen/shop/payment/v1/payment_pb.ts'
import type { PaymentMethodName } from '../payment/schema.ts'
import { isUniqueViolation } from '../shared/database.ts'
import { enumName, enumNumber } from '../shared/enum-names.ts'
import { callerOf } from '../shared/identity.ts'
import { requestHash } from '../shared/request-hash.ts'
import { failure } from '../shared/service-error.ts'
import { toTimestamp } from '../shared/time.ts'
import { findAttemptByRequest, insertAttempt, nextAttemptNumber, requireAttempt, runningAttempt } from './attempts.ts'
import { markReplayed, type OrderDeps, runFlow } from './deps.ts'
import { payFlowId } from './flow.ts'
import { keyReused } from './idempotency.ts'
import { toMoney } from './messages.ts'
import type { AttemptRow, OrderRow, Trx } from './schema.ts'
import { inProgress, invalidTransition } from './status.ts'
import { lockOrder, requireOrder } from './store.ts'

/** How long the payment is asked for after it was made, in ms. */
const callTimeoutMs = 1000

/**
 * Pays an order that awaits payment, with one attempt at a time. The attempt is written down first, then the order's flow
 * holds the stock longer, charges and confirms, for as long as the call may wait.
 *
 * @throws NOT_FOUND ORDER_NOT_FOUND; ALREADY_EXISTS ORDER_ALREADY_PAID; ABORTED REQUEST_IN_PROGRESS;
 *   FAILED_PRECONDITION PAYMENT_DECLINED with metadata `failure_code`, RESERVATION_EXPIRED, INVALID_STATE_TRANSITION;
 *   INVALID_ARGUMENT AMOUNT_MISMATCH, CURRENCY_MISMATCH, IDEMPOTENCY_KEY_REUSED
 */
export async function payOrder(deps: OrderDeps, request: PayOrderRequest, context: HandlerContext): Promise<Payment> {
  const { attempt, order, replayed } = await attemptOnce(deps, request, payerOf(context))
  if (replayed) markReplayed(context)
  if (attempt.status === 'running') await runFlow(deps, order)
  return await answer(deps, order, await requireAttempt(deps.db, attempt.order_id, attempt.attempt))
}

/** Nobody pays for others, operators included; a service acts for whoever it says. */
function payerOf(context: HandlerContext): string | undefined {
  const caller = callerOf(context)
  return caller.kind === 'service' ? undefined : caller.subject
}

interface Attempted {
  order: OrderRow
  attempt: AttemptRow
  replayed: boolean
}

async function attemptOnce(
  { db }: OrderDeps,
  request: PayOrderRequest,
  userId: string | undefined
): Promise<Attempted> {
  try {
    return await db.transaction().execute(trx => attemptLocked(trx, request, userId))
  } catch (error) {
    // The same key at the same time, for another order.
    if (isUniqueViolation(error, 'attempts_idem')) throw keyReused()
    throw error
  }
}

async function attemptLocked(trx: Trx, request: PayOrderRequest, userId: string | undefined): Promise<Attempted> {
  const order = await lockOrder(trx, request.orderId, userId)
  const hash = requestHash(PayOrderRequestSchema, request)
  if (request.requestId !== undefined) {
    const earlier = await findAttemptByRequest(trx, order.user_id, request.requestId)
    if (earlier && !earlier.request_hash?.equals(hash)) throw keyReused()
    if (earlier) return { order, attempt: earlier, replayed: true }
  }
  await refuseUnpayable(trx, order)
  refuseOtherAmount(order, request.amount)
  const number = await nextAttemptNumber(trx, order.id)
  const attempt = await insertAttempt(trx, {
    order_id: order.id,
    attempt: number,
    user_id: order.user_id,
    method: enumName<PaymentMethodName>(PaymentMethodSchema, request.paymentMethod) ?? order.payment_method,
    payment_token: request.paymentToken ?? null,
    request_id: request.requestId ?? null,
    request_hash: request.requestId === undefined ? null : hash
  })
  const driven = await trx
    .updateTable('orders')
    .set({
      workflow_id: payFlowId(order.id, number),
      version: sql<bigint>`version + 1`,
      updated_at: sql<Date>`now()`
    })
    .where('id', '=', order.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  return { order: driven, attempt, replayed: false }
}

async function refuseUnpayable(trx: Trx, order: OrderRow): Promise<void> {
  const paid: readonly string[] = ['paid', 'confirmed', 'shipped', 'delivered']
  if (paid.includes(order.status)) {
    throw failure(Code.AlreadyExists, 'ORDER_ALREADY_PAID', 'the order is already paid')
  }
  if (order.status === 'pending' || (await runningAttempt(trx, order.id))) {
    throw inProgress()
  }
  if (order.status !== 'awaiting_payment') throw invalidTransition(order.status, 'paid')
  if (order.expires_at !== null && order.expires_at <= new Date()) throw reservationExpired()
}

function refuseOtherAmount(order: OrderRow, amount: PayOrderRequest['amount']): void {
  if (!amount) return
  if (amount.currencyCode !== order.currency_code) {
    throw failure(Code.InvalidArgument, 'CURRENCY_MISMATCH', `the order is in ${order.currency_code}`)
  }
  if (amount.amountMinor !== order.total_minor) {
    throw failure(Code.InvalidArgument, 'AMOUNT_MISMATCH', 'the amount is not what is due', {
      metadata: { due_minor: String(order.total_minor) },
      violations: [{ field: 'amount.amount_minor', description: `must be ${order.total_minor}` }]
    })
  }
}

function reservationExpired() {
  return failure(Code.FailedPrecondition, 'RESERVATION_EXPIRED', 'the time to pay for the order is over')
}

/** What became of an attempt, as far as it is known by now. */
async function answer(deps: OrderDeps, order: OrderRow, attempt: AttemptRow): Promise<Payment> {
  switch (attempt.status) {
    case 'running':
    case 'succeeded':
      return await paymentOf(deps, order, attempt)
    case 'declined':
      throw failure(Code.FailedPrecondition, 'PAYMENT_DECLINED', 'the payment was declined', {
        metadata: { failure_code: attempt.failure_code ?? 'declined', order_id: order.id }
      })
    case 'failed': {
      if (attempt.failure_code === 'RESERVATION_EXPIRED') throw reservationExpired()
      const { status } = await requireOrder(deps.db, order.id)
      throw invalidTransition(status, 'paid')
    }
  }
}

/** The payment as the payment service has it; when it cannot be asked, or has none yet, as far as we know it. */
async function paymentOf({ payments, log }: OrderDeps, order: OrderRow, attempt: AttemptRow): Promise<Payment> {
  try {
    const { payments: ofOrder } = await payments.listPayments({ orderId: order.id }, { timeoutMs: callTimeoutMs })
    const payment = ofOrder.find(payment => payment.attempt === attempt.attempt)
    if (payment) return payment
  } catch (error) {
    log.warn({ err: error, order_id: order.id }, 'the payment cannot be shown in full')
  }
  const succeeded = attempt.status === 'succeeded'
  const money = (amountMinor: bigint) => toMoney(order.currency_code, amountMinor)
  return create(PaymentSchema, {
    id: attempt.payment_id ?? '',
    orderId: order.id,
    userId: order.user_id,
    attempt: attempt.attempt,
    amount: money(order.total_minor),
    capturedAmount: money(succeeded ? order.total_minor : 0n),
    refundedAmount: money(0n),
    method: enumNumber(PaymentMethodSchema, attempt.method),
    status: succeeded ? PaymentStatus.SUCCEEDED : PaymentStatus.PROCESSING,
    createdAt: toTimestamp(attempt.created_at),
    updatedAt: toTimestamp(attempt.updated_at)
  })
}
