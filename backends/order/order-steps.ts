import { sql } from 'kysely'
import { inSpan } from '../shared/telemetry.ts'
import { decideAttempt, runningAttempt } from './attempts.ts'
import type { Standing, Written } from './flow.ts'
import { runningRefund } from './refunds.ts'
import type { OrderRow, OrderStatusName, Trx } from './schema.ts'
import { enterStatus, type StatusChange } from './status.ts'
import { createStepKit, type StepDeps } from './step-kit.ts'
import { lockOrder, requireOrder } from './store.ts'

/** Who the flow's own changes are made by. */
export const flowActor = 'order-service'

/** The customer's time to pay ends this long before the reservation does, in ms, so that a payment in time finds stock. */
const paymentReserveMs = 60_000

/** A step that can never succeed: the flow stops and somebody has to look. */
export class FlowStuck extends Error {
  override name = 'FlowStuck'
}

/** A payment that was refused. */
export interface Declined {
  attempt: number
  failureCode: string
  /** Until when the stock is held, RFC 3339. */
  reservedUntil: string
}

export type OrderSteps = ReturnType<typeof createOrderSteps>

/**
 * The steps on the order itself. Those that write its status are one transaction each and may be repeated. They tell whether
 * somebody wants the order cancelled: under the lock of the order, so that such a wish is either seen here or finds the
 * status written here.
 */
export function createOrderSteps(deps: StepDeps) {
  const { db } = deps
  const { read } = createStepKit(deps)
  const enter = createStatusWriter(deps)

  return {
    async look(orderId: string): Promise<Standing> {
      return await read('look', orderId, async () => {
        const { status } = await requireOrder(db, orderId)
        const attempt = await runningAttempt(db, orderId)
        const refund = await runningRefund(db, orderId)
        return { status, attempt: attempt?.attempt ?? null, refund: refund?.number ?? null }
      })
    },

    async awaitPayment(orderId: string, reservedUntil: string): Promise<Written> {
      return await enter(orderId, 'awaiting_payment', { actor: flowActor, set: { expires_at: payBy(reservedUntil) } })
    },

    async markPaid(orderId: string, attempt: number, paymentId: string): Promise<Written> {
      const set = { payment_id: paymentId, failure_reason: null }
      return await enter(orderId, 'paid', { actor: flowActor, set }, async trx => {
        await decideAttempt(trx, orderId, { status: 'succeeded', paymentId }, attempt)
      })
    },

    async markConfirmed(orderId: string): Promise<Written> {
      return await enter(orderId, 'confirmed', { actor: flowActor })
    },

    /** The first refusal makes the order await payment; a later one only says why it still does. */
    async markDeclined(orderId: string, { attempt, failureCode, reservedUntil }: Declined): Promise<Written> {
      const set = { failure_reason: `PAYMENT_DECLINED: ${failureCode}`, expires_at: payBy(reservedUntil) }
      const change = { actor: flowActor, reason: 'PAYMENT_DECLINED', set }
      return await enter(orderId, 'awaiting_payment', change, async (trx, _order, entered) => {
        const decided = await decideAttempt(trx, orderId, { status: 'declined', failureCode }, attempt)
        if (decided && !entered) await noteRefusal(trx, orderId, set)
      })
    },

    async markFailed(orderId: string, reason: string, details: Record<string, string>): Promise<Written> {
      const set = { failure_reason: reason, failure_details: details }
      return await enter(orderId, 'failed', { actor: flowActor, reason, set }, trx =>
        giveAttemptUp(trx, orderId, reason)
      )
    },

    /** In the name of whoever wished it. */
    async markCancelling(orderId: string): Promise<Written> {
      const change = (order: OrderRow) => ({
        actor: order.cancel_actor ?? flowActor,
        reason: order.cancel_reason,
        set: { failure_reason: null }
      })
      return await enter(orderId, 'cancelling', change, trx => giveAttemptUp(trx, orderId, 'CANCELLED'))
    },

    /** The stock could not be held any longer, so there is nothing to be paid. */
    async markExpired(orderId: string, reason: string): Promise<Written> {
      const change = { actor: flowActor, reason, set: { failure_reason: reason } }
      return await enter(orderId, 'cancelling', change, trx => giveAttemptUp(trx, orderId, reason))
    },

    async markCancelled(orderId: string): Promise<Written> {
      return await enter(orderId, 'cancelled', { actor: flowActor })
    }
  }
}

/** What else is written in the transaction of a change. */
type Beside = (trx: Trx, order: OrderRow, entered: boolean) => Promise<unknown>

/** Writes a change of status, however long the database is away. */
function createStatusWriter({ db, repeater, metrics, log }: StepDeps) {
  /** @throws FlowStuck when the change is not allowed */
  return async function enter(
    orderId: string,
    to: OrderStatusName,
    change: StatusChange | ((order: OrderRow) => StatusChange),
    beside?: Beside
  ): Promise<Written> {
    const write = () =>
      db.transaction().execute(async trx => {
        const given = typeof change === 'function' ? change(await lockOrder(trx, orderId)) : change
        const { order, entered } = await enterStatus(trx, orderId, to, given)
        await beside?.(trx, order, entered)
        return { order, entered }
      })
    const note = (error: unknown) => log.warn({ err: error, order_id: orderId }, 'a status is written again')
    return await inSpan('order.update_status', { 'order.id': orderId, status: to }, async () => {
      const written = await repeater.untilKnown(write, Number.POSITIVE_INFINITY, note)
      if (written.kind !== 'done') throw new FlowStuck(`order ${orderId} cannot be ${to}: ${JSON.stringify(written)}`)
      const { order, entered } = written.value
      if (entered) metrics.entered(to)
      return { cancelRequested: order.cancel_requested_at !== null }
    })
  }
}

async function noteRefusal(
  trx: Trx,
  orderId: string,
  set: { failure_reason: string; expires_at: Date }
): Promise<void> {
  await trx
    .updateTable('orders')
    .set({ ...set, version: sql<bigint>`version + 1`, updated_at: sql<Date>`now()` })
    .where('id', '=', orderId)
    .execute()
}

async function giveAttemptUp(trx: Trx, orderId: string, reason: string): Promise<void> {
  await decideAttempt(trx, orderId, { status: 'failed', failureCode: reason })
}

function payBy(reservedUntil: string): Date {
  return new Date(Date.parse(reservedUntil) - paymentReserveMs)
}
