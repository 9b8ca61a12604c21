import type { HandlerContext } from '@connectrpc/connect'
import { sql } from 'kysely'
import { type CancelOrderRequest, CancelOrderRequestSchema, type Order } from '../../gen/shop/order/v1/order_pb.ts'
import { checkEtag } from '../shared/etag.ts'
import { callerOf } from '../shared/identity.ts'
import { requestHash } from '../shared/request-hash.ts'
import { runningAttempt } from './attempts.ts'
import { markReplayed, type OrderDeps, ownerFilter, runFlow } from './deps.ts'
import { cancelFlowId } from './flow.ts'
import { claimKey } from './idempotency.ts'
import { toOrder } from './messages.ts'
import { runningRefund } from './refunds.ts'
import type { OrderRow, Trx } from './schema.ts'
import { edges, enterStatus, inProgress, invalidTransition } from './status.ts'
import { lockOrder, requireOrder, withItems } from './store.ts'

/**
 * Cancels an order that was not shipped: its money and stock go back. While the order's flow is running, the wish is
 * written down and the flow turns around at its next step; an order at rest gets a flow that gives back.
 * Cancelling what is cancelled changes nothing.
 *
 * @throws NOT_FOUND ORDER_NOT_FOUND; ABORTED ETAG_MISMATCH, REQUEST_IN_PROGRESS during a refund; FAILED_PRECONDITION INVALID_STATE_TRANSITION;
 *   INVALID_ARGUMENT IDEMPOTENCY_KEY_REUSED
 */
export async function cancelOrder(
  deps: OrderDeps,
  request: CancelOrderRequest,
  context: HandlerContext
): Promise<Order> {
  const actor = callerOf(context).subject
  const { order, replayed } = await deps.db.transaction().execute(async trx => {
    const order = await lockOrder(trx, request.orderId, ownerFilter(context))
    const hash = requestHash(CancelOrderRequestSchema, request)
    const replayed = await claimKey(trx, { rpc: 'CancelOrder', userId: order.user_id }, request.requestId, hash)
    return { order: replayed ? order : await requestCancel(trx, order, request, actor), replayed }
  })
  if (replayed) markReplayed(context)
  if (order.status === 'cancelling' || order.cancel_requested_at !== null) await runFlow(deps, order)
  return toOrder(await withItems(deps.db, await requireOrder(deps.db, order.id)))
}

async function requestCancel(
  trx: Trx,
  order: OrderRow,
  { reason, etag }: CancelOrderRequest,
  actor: string
): Promise<OrderRow> {
  if (order.status === 'cancelling' || order.status === 'cancelled') return order
  checkEtag(etag, order.version)
  if (!edges[order.status].includes('cancelling')) throw invalidTransition(order.status, 'cancelled')
  if (await runningRefund(trx, order.id)) throw inProgress()
  if (await isDriven(trx, order)) return await noteWish(trx, order, reason, actor)
  const set = { workflow_id: cancelFlowId(order.id), failure_reason: null }
  return (await enterStatus(trx, order.id, 'cancelling', { actor, reason: reason || null, set })).order
}

/** Whether a flow is at work on the order, or about to be. */
async function isDriven(trx: Trx, { id, status }: OrderRow): Promise<boolean> {
  if (status === 'pending' || status === 'paid') return true
  return status === 'awaiting_payment' && (await runningAttempt(trx, id)) !== undefined
}

async function noteWish(trx: Trx, order: OrderRow, reason: string, actor: string): Promise<OrderRow> {
  return await trx
    .updateTable('orders')
    .set({
      cancel_requested_at: sql<Date>`coalesce(cancel_requested_at, now())`,
      cancel_reason: sql<string | null>`coalesce(cancel_reason, ${reason || null})`,
      cancel_actor: sql<string>`coalesce(cancel_actor, ${actor})`
    })
    .where('id', '=', order.id)
    .returningAll()
    .executeTakeFirstOrThrow()
}
