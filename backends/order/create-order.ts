import { create } from '@bufbuild/protobuf'
import { Code, type HandlerContext } from '@connectrpc/connect'
import { validate as isUuid } from 'uuid'
import {
  type CreateOrderRequest,
  CreateOrderRequestSchema,
  type CreateOrderResponse,
  CreateOrderResponseSchema
} from '../../gen/shop/order/v1/order_pb.ts'
import { PaymentMethodSchema } from '../../gen/shop/payment/v1/payment_pb.ts'
import type { PaymentMethodName } from '../payment/schema.ts'
import { enumName } from '../shared/enum-names.ts'
import { actsForOthers, type Caller, callerOf } from '../shared/identity.ts'
import { newId } from '../shared/ids.ts'
import { requestHash } from '../shared/request-hash.ts'
import { failure } from '../shared/service-error.ts'
import { inSpan } from '../shared/telemetry.ts'
import { insertAttempt } from './attempts.ts'
import { type PricedCart, priceCart } from './cart.ts'
import { markReplayed, type OrderDeps, runFlow } from './deps.ts'
import { placeFlowId } from './flow.ts'
import { keyReused } from './idempotency.ts'
import { toOrder } from './messages.ts'
import type { OrderRow, Trx } from './schema.ts'
import { recordEvent } from './status.ts'
import { findByRequest, insertOrder, requireOrder, withItems } from './store.ts'

/** An order as it is written first. */
interface OrderDraft {
  userId: string
  method: PaymentMethodName
  /** Whether it is charged at once. */
  autoPay: boolean
  paymentToken: string | undefined
  requestId: string | undefined
  requestHash: Buffer
}

/**
 * Places an order: prices it, writes it down, then lets its flow reserve, charge and confirm, for as long as the call may
 * wait. The row comes first, so that no stock and no money is ever held for an order that does not exist.
 *
 * @throws those of `priceCart`; FAILED_PRECONDITION INSUFFICIENT_STOCK with metadata `order_id`, `product_id`, `requested`,
 *   `available`; INVALID_ARGUMENT IDEMPOTENCY_KEY_REUSED; PERMISSION_DENIED for somebody else's order
 */
export async function createOrder(
  deps: OrderDeps,
  request: CreateOrderRequest,
  context: HandlerContext
): Promise<CreateOrderResponse> {
  const start = performance.now()
  const draft = readDraft(request, callerOf(context))
  const attributes = { 'user.id': draft.userId, 'items.count': request.items.length, method: draft.method }
  return await inSpan('order.create', attributes, async span => {
    const { order: placed, replayed } = await placeOnce(deps, request, draft)
    span.setAttribute('order.id', placed.id)
    if (replayed) markReplayed(context)
    if (placed.status === 'pending' || placed.status === 'paid') await runFlow(deps, placed)
    const order = await requireOrder(deps.db, placed.id)
    deps.metrics.created(order.status, performance.now() - start)
    refuseUnfulfillable(order)
    const message = toOrder(await withItems(deps.db, order))
    return create(CreateOrderResponseSchema, { orderId: order.id, status: message.status, order: message })
  })
}

function readDraft(request: CreateOrderRequest, caller: Caller): OrderDraft {
  return {
    userId: ordererOf(request.userId, caller),
    method: enumName(PaymentMethodSchema, request.paymentMethod)!,
    autoPay: request.autoPay ?? true,
    paymentToken: request.paymentToken,
    requestId: request.requestId,
    requestHash: requestHash(CreateOrderRequestSchema, request)
  }
}

/** Users order for themselves; operators and services may name a user. */
function ordererOf(named: string, caller: Caller): string {
  const userId = named === '' ? caller.subject : named
  if (userId !== caller.subject && !actsForOthers(caller)) {
    throw failure(Code.PermissionDenied, 'ROLE_REQUIRED', 'only operators order for others')
  }
  if (isUuid(userId)) return userId
  const violations = [{ field: 'user_id', description: 'must be the id of a user' }]
  throw failure(Code.InvalidArgument, 'VALIDATION_FAILED', 'user_id must be the id of a user', { violations })
}

/** Of all requests with one key, one writes the order; the unique key of the row decides which. */
async function placeOnce(
  { db, products }: OrderDeps,
  request: CreateOrderRequest,
  draft: OrderDraft
): Promise<{ order: OrderRow; replayed: boolean }> {
  const earlier = await findEarlier()
  if (earlier) return earlier
  const cart = await inSpan('saga.validate_and_calculate', {}, () => priceCart(products, request.items))
  const order = await inSpan('saga.create_order', {}, () => db.transaction().execute(trx => write(trx, draft, cart)))
  return order ? { order, replayed: false } : (await findEarlier())!

  async function findEarlier() {
    if (draft.requestId === undefined) return null
    const order = await findByRequest(db, draft.userId, draft.requestId)
    if (!order) return null
    if (!order.request_hash?.equals(draft.requestHash)) throw keyReused()
    return { order, replayed: true }
  }
}

/** undefined: somebody wrote the order of this key first. */
async function write(trx: Trx, draft: OrderDraft, cart: PricedCart): Promise<OrderRow | undefined> {
  const id = newId()
  const order = await insertOrder(trx, {
    id,
    user_id: draft.userId,
    currency_code: cart.currencyCode,
    total_minor: cart.totalMinor,
    payment_method: draft.method,
    workflow_id: placeFlowId(id),
    request_id: draft.requestId ?? null,
    request_hash: draft.requestId === undefined ? null : draft.requestHash,
    event_seq: 1n
  })
  if (!order) return undefined
  const lines = cart.lines.map((line, index) => ({
    order_id: id,
    line_no: index + 1,
    product_id: line.productId,
    sku: line.sku,
    name: line.name,
    unit_price_minor: line.unitPriceMinor,
    quantity: line.quantity
  }))
  await trx.insertInto('order_items').values(lines).execute()
  await recordEvent(trx, order, null, { actor: draft.userId })
  if (draft.autoPay) await insertFirstAttempt(trx, id, draft)
  return order
}

async function insertFirstAttempt(trx: Trx, orderId: string, draft: OrderDraft): Promise<void> {
  await insertAttempt(trx, {
    order_id: orderId,
    attempt: 1,
    user_id: draft.userId,
    method: draft.method,
    payment_token: draft.paymentToken ?? null
  })
}

const refusals: Readonly<Record<string, string>> = {
  INSUFFICIENT_STOCK: 'there is not enough stock',
  RESERVATION_EXPIRED: 'the stock could not be held long enough'
}

/** An order that found no stock is refused, now and whenever the request is repeated. */
function refuseUnfulfillable(order: OrderRow): void {
  const reason = order.failure_reason ?? ''
  const message = refusals[reason]
  if (order.status !== 'failed' || message === undefined) return
  throw failure(Code.FailedPrecondition, reason, message, {
    metadata: { ...order.failure_details, order_id: order.id }
  })
}
