import { Code } from '@connectrpc/connect'
import { sql } from 'kysely'
import { failure } from '../shared/service-error.ts'
import type { OrderRow, OrderStatusName, Trx } from './schema.ts'
import { lockOrder } from './store.ts'

/**
 * The only ways that an order goes. There is no cycle: an order enters each status at most once.
 *
 *   pending -> awaiting_payment -> paid -> confirmed -> shipped -> delivered
 *   pending -> paid
 *   pending | awaiting_payment | paid             -> failed       could not be fulfilled; everything is given back
 *   pending | awaiting_payment | paid | confirmed -> cancelling -> cancelled
 *   confirmed | shipped | delivered               -> refunded     all of its money was given back
 */
export const edges: Readonly<Record<OrderStatusName, readonly OrderStatusName[]>> = {
  pending: ['awaiting_payment', 'paid', 'failed', 'cancelling'],
  awaiting_payment: ['paid', 'failed', 'cancelling'],
  paid: ['confirmed', 'failed', 'cancelling'],
  confirmed: ['shipped', 'refunded', 'cancelling'],
  shipped: ['delivered', 'refunded'],
  delivered: ['refunded'],
  cancelling: ['cancelled'],
  cancelled: [],
  failed: [],
  refunded: []
}

/** Whether an order that is there stays there. */
export function isFinal(status: OrderStatusName): boolean {
  return edges[status].length === 0
}

/** What changes together with the status. */
export interface StatusChange {
  /** Why, for the record of events. */
  reason?: string | null
  /** Who: the id of a user, or the name of a service. */
  actor: string
  set?: Partial<
    Pick<
      OrderRow,
      'payment_id' | 'failure_reason' | 'failure_details' | 'expires_at' | 'workflow_id' | 'refunded_minor'
    >
  >
}

/**
 * Moves an order to a status and records the event, in the caller's transaction; the only place that does. Entering a
 * status that the order has entered before changes nothing, wherever it went since: that is a step being repeated after
 * a crash.
 *
 * @throws FAILED_PRECONDITION INVALID_STATE_TRANSITION with metadata `from` and `to`
 */
export async function enterStatus(
  trx: Trx,
  orderId: string,
  to: OrderStatusName,
  change: StatusChange
): Promise<{ order: OrderRow; entered: boolean }> {
  const order = await lockOrder(trx, orderId)
  if (await hasEntered(trx, orderId, to)) return { order, entered: false }
  if (!edges[order.status].includes(to)) throw invalidTransition(order.status, to)
  const { failure_details: details, ...set } = change.set ?? {}
  const changed = await trx
    .updateTable('orders')
    .set({
      // A time to pay by belongs to an order that awaits payment.
      expires_at: null,
      ...set,
      ...(details === undefined ? {} : { failure_details: JSON.stringify(details) }),
      status: to,
      version: sql<bigint>`version + 1`,
      event_seq: sql<bigint>`event_seq + 1`,
      updated_at: sql<Date>`now()`
    })
    .where('id', '=', orderId)
    .returningAll()
    .executeTakeFirstOrThrow()
  await recordEvent(trx, changed, order.status, change)
  return { order: changed, entered: true }
}

/** Records that the order got where it is now. */
export async function recordEvent(
  trx: Trx,
  order: OrderRow,
  from: OrderStatusName | null,
  { reason, actor }: StatusChange
): Promise<void> {
  await trx
    .insertInto('order_events')
    .values({
      order_id: order.id,
      seq: order.event_seq,
      from_status: from,
      to_status: order.status,
      reason: reason ?? null,
      actor
    })
    .execute()
}

async function hasEntered(trx: Trx, orderId: string, status: OrderStatusName): Promise<boolean> {
  const event = await trx
    .selectFrom('order_events')
    .select('seq')
    .where('order_id', '=', orderId)
    .where('to_status', '=', status)
    .executeTakeFirst()
  return event !== undefined
}

export function invalidTransition(from: OrderStatusName, to: OrderStatusName) {
  return failure(Code.FailedPrecondition, 'INVALID_STATE_TRANSITION', `the order is ${from}, it cannot be ${to}`, {
    metadata: { from, to }
  })
}

/** Something else is being done with the order that has to be through first. */
export function inProgress() {
  return failure(Code.Aborted, 'REQUEST_IN_PROGRESS', 'the order is being worked on', { retryAfterSeconds: 1 })
}
