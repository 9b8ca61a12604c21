import type { HandlerContext } from '@connectrpc/connect'
import type {
  DeliverOrderRequest,
  Order,
  RetryOrderRequest,
  ShipOrderRequest
} from '../../gen/shop/order/v1/order_pb.ts'
import { checkEtag } from '../shared/etag.ts'
import { callerOf } from '../shared/identity.ts'
import { type OrderDeps, runFlow } from './deps.ts'
import { toOrder } from './messages.ts'
import { runningRefund } from './refunds.ts'
import type { OrderStatusName } from './schema.ts'
import { edges, enterStatus, invalidTransition } from './status.ts'
import { lockOrder, requireOrder, withItems } from './store.ts'

/**
 * Notes that a confirmed order went to a carrier; who carries it stands in the record of events.
 *
 * @throws NOT_FOUND ORDER_NOT_FOUND; ABORTED ETAG_MISMATCH; FAILED_PRECONDITION INVALID_STATE_TRANSITION
 */
export async function shipOrder(deps: OrderDeps, request: ShipOrderRequest, context: HandlerContext): Promise<Order> {
  const reason = [request.carrier, request.trackingNumber].filter(Boolean).join(' ')
  return await advance(deps, request, 'shipped', reason, context)
}

/** Notes that a shipped order arrived. Throws as `shipOrder` does. */
export async function deliverOrder(
  deps: OrderDeps,
  request: DeliverOrderRequest,
  context: HandlerContext
): Promise<Order> {
  return await advance(deps, request, 'delivered', '', context)
}

/** Begins the flow of an order anew that came to an end without bringing it to rest. */
export async function retryOrder(deps: OrderDeps, { orderId }: RetryOrderRequest): Promise<Order> {
  const order = await requireOrder(deps.db, orderId)
  if (!restingStatuses.has(order.status) || (await runningRefund(deps.db, orderId))) await runFlow(deps, order)
  return toOrder(await withItems(deps.db, await requireOrder(deps.db, orderId)))
}

const restingStatuses: ReadonlySet<OrderStatusName> = new Set([
  'awaiting_payment',
  'confirmed',
  'shipped',
  'delivered',
  'cancelled',
  'failed',
  'refunded'
])

async function advance(
  { db, metrics }: OrderDeps,
  { orderId, etag }: { orderId: string; etag?: string | undefined },
  to: OrderStatusName,
  reason: string,
  context: HandlerContext
): Promise<Order> {
  const actor = callerOf(context).subject
  const { order } = await db.transaction().execute(async trx => {
    const locked = await lockOrder(trx, orderId)
    checkEtag(etag, locked.version)
    if (!edges[locked.status].includes(to)) throw invalidTransition(locked.status, to)
    return await enterStatus(trx, orderId, to, { actor, reason: reason || null })
  })
  metrics.entered(to)
  return toOrder(await withItems(db, order))
}
