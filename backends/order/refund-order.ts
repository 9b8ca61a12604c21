import { Code, type HandlerContext } from '@connectrpc/connect'
import { sql } from 'kysely'
import { type Order, type RefundOrderRequest, RefundOrderRequestSchema } from '../../gen/shop/order/v1/order_pb.ts'
import { RefundReasonSchema } from '../../gen/shop/payment/v1/payment_pb.ts'
import type { RefundReasonName } from '../payment/schema.ts'
import { isUniqueViolation } from '../shared/database.ts'
import { enumName } from '../shared/enum-names.ts'
import { checkEtag } from '../shared/etag.ts'
import { callerOf } from '../shared/identity.ts'
import { requestHash } from '../shared/request-hash.ts'
import { failure } from '../shared/service-error.ts'
import { markReplayed, type OrderDeps, runFlow } from './deps.ts'
import { refundFlowId } from './flow.ts'
import { keyReused } from './idempotency.ts'
import { toOrder } from './messages.ts'
import { findRefundByRequest, insertRefund, nextRefundNumber, requireRefund, runningRefund } from './refunds.ts'
import type { OrderRow, RefundRow, Trx } from './schema.ts'
import { edges, inProgress, invalidTransition } from './status.ts'
import { lockOrder, requireOrder, withItems } from './store.ts'

/**
 * Gives back part or all of what an order cost that was fulfilled, with one refund at a time. The refund is written down
 * first; then the order's flow gives the money back, and the goods, for as long as the call may wait. The last of the money
 * makes the order refunded.
 *
 * The goods go back all at once, so only together with the last of the money.
 *
 * @throws NOT_FOUND ORDER_NOT_FOUND; ABORTED ETAG_MISMATCH, REQUEST_IN_PROGRESS; FAILED_PRECONDITION
 *   INVALID_STATE_TRANSITION; INVALID_ARGUMENT AMOUNT_MISMATCH with metadata `left_minor`, CURRENCY_MISMATCH,
 *   VALIDATION_FAILED, IDEMPOTENCY_KEY_REUSED
 */
export async function refundOrder(
  deps: OrderDeps,
  request: RefundOrderRequest,
  context: HandlerContext
): Promise<Order> {
  const { order, refund, replayed } = await refundOnce(deps, request, callerOf(context).subject)
  if (replayed) markReplayed(context)
  if (refund.status === 'running') await runFlow(deps, order)
  const { status, amount_minor } = await requireRefund(deps.db, order.id, refund.number)
  // The payment knows of refunds that the order does not.
  if (status === 'failed') throw amountMismatch(`the payment cannot give ${amount_minor} back`)
  return toOrder(await withItems(deps.db, await requireOrder(deps.db, order.id)))
}

interface Refunded {
  order: OrderRow
  refund: RefundRow
  replayed: boolean
}

async function refundOnce({ db }: OrderDeps, request: RefundOrderRequest, actor: string): Promise<Refunded> {
  try {
    return await db.transaction().execute(trx => refundLocked(trx, request, actor))
  } catch (error) {
    // The same key at the same time, for another order.
    if (isUniqueViolation(error, 'refunds_idem')) throw keyReused()
    throw error
  }
}

async function refundLocked(trx: Trx, request: RefundOrderRequest, actor: string): Promise<Refunded> {
  const order = await lockOrder(trx, request.orderId)
  const hash = requestHash(RefundOrderRequestSchema, request)
  if (request.requestId !== undefined) {
    const earlier = await findRefundByRequest(trx, actor, request.requestId)
    if (earlier && !earlier.request_hash?.equals(hash)) throw keyReused()
    if (earlier) return { order, refund: earlier, replayed: true }
  }
  checkEtag(request.etag, order.version)
  await refuseUnrefundable(trx, order)
  const amountMinor = amountOf(request, order)
  const number = await nextRefundNumber(trx, order.id)
  const refund = await insertRefund(trx, {
    order_id: order.id,
    number,
    amount_minor: amountMinor,
    reason: enumName<RefundReasonName>(RefundReasonSchema, request.reason) ?? 'requested_by_customer',
    restock: request.restock,
    actor,
    request_id: request.requestId ?? null,
    request_hash: request.requestId === undefined ? null : hash
  })
  const driven = await trx
    .updateTable('orders')
    .set({
      workflow_id: refundFlowId(order.id, number),
      version: sql<bigint>`version + 1`,
      updated_at: sql<Date>`now()`
    })
    .where('id', '=', order.id)
    .returningAll()
    .executeTakeFirstOrThrow()
  return { order: driven, refund, replayed: false }
}

async function refuseUnrefundable(trx: Trx, order: OrderRow): Promise<void> {
  if (!edges[order.status].includes('refunded')) throw invalidTransition(order.status, 'refunded')
  if (order.cancel_requested_at === null && !(await runningRefund(trx, order.id))) return
  throw inProgress()
}

/** How much goes back: what is asked for, or all that is left. */
function amountOf({ amount, restock }: RefundOrderRequest, order: OrderRow): bigint {
  const left = order.total_minor - order.refunded_minor
  if (amount && amount.currencyCode !== order.currency_code) {
    throw failure(Code.InvalidArgument, 'CURRENCY_MISMATCH', `the order is in ${order.currency_code}`)
  }
  const wanted = amount?.amountMinor ?? left
  if (wanted <= 0n || wanted > left) throw amountMismatch(`${left} of the order can be given back`, left)
  if (restock && wanted < left) {
    const violations = [{ field: 'restock', description: 'the goods go back with the last of the money' }]
    throw failure(Code.InvalidArgument, 'VALIDATION_FAILED', 'restock: only with all that is left', { violations })
  }
  return wanted
}

function amountMismatch(message: string, left?: bigint) {
  if (left === undefined) return failure(Code.InvalidArgument, 'AMOUNT_MISMATCH', message)
  return failure(Code.InvalidArgument, 'AMOUNT_MISMATCH', message, {
    metadata: { left_minor: String(left) },
    violations: [{ field: 'amount.amount_minor', description: `must be 1 to ${left}` }]
  })
}
