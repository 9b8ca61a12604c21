import type { Client } from '@connectrpc/connect'
import { sql } from 'kysely'
import { type PaymentService, RefundReasonSchema } from '../../gen/shop/payment/v1/payment_pb.ts'
import { enumNumber } from '../shared/enum-names.ts'
import { inSpan } from '../shared/telemetry.ts'
import type { Refusal } from './outcome.ts'
import { endRefund, requireRefund } from './refunds.ts'
import type { OrderRow, RefundRow, Trx } from './schema.ts'
import { enterStatus } from './status.ts'
import { chargeTimeoutMs, createStepKit, inSagaSpan, type StepDeps } from './step-kit.ts'
import { lockOrder, requireOrder } from './store.ts'

export interface RefundStepDeps extends StepDeps {
  payments: Client<typeof PaymentService>
}

/** What became of a refund; `restock`: the goods go back on the shelf. */
export type RefundOutcome = { kind: 'done'; restock: boolean } | Refusal

export type RefundSteps = ReturnType<typeof createRefundSteps>

/** The steps that give back money of an order that was fulfilled. */
export function createRefundSteps(deps: RefundStepDeps) {
  const { db, payments, repeater, metrics } = deps
  const { read, noteRetries } = createStepKit(deps)
  const timeoutMs = chargeTimeoutMs

  async function refundRequest(orderId: string, number: number) {
    const order = await requireOrder(db, orderId)
    const refund = await requireRefund(db, orderId, number)
    return {
      restock: refund.restock,
      message: {
        paymentId: order.payment_id!,
        amount: { currencyCode: order.currency_code, amountMinor: refund.amount_minor },
        reason: enumNumber(RefundReasonSchema, refund.reason),
        requestId: `${orderId}:refund:${number}`
      }
    }
  }

  /** One transaction, repeated for as long as the database is away. */
  async function write<Result>(step: string, orderId: string, work: (trx: Trx) => Promise<Result>): Promise<Result> {
    return await inSpan('order.update_status', { 'order.id': orderId }, () =>
      repeater.untilDone(() => db.transaction().execute(work), noteRetries(step, orderId))
    )
  }

  return {
    /** Gives the money back; the key is the order and the number of the refund. For as long as it takes. */
    async refund(orderId: string, number: number): Promise<RefundOutcome> {
      return await inSagaSpan('refund_payment', orderId, async () => {
        const { message, restock } = await read('refund', orderId, () => refundRequest(orderId, number))
        const call = () => payments.refundPayment(message, { timeoutMs })
        const note = noteRetries('refund', orderId)
        const given = await repeater.untilKnown(call, Number.POSITIVE_INFINITY, note)
        return given.kind === 'refused' ? given : { kind: 'done', restock }
      })
    },

    /** Counts the money as given back; an order that got all of it back is refunded. */
    async markRefunded(orderId: string, number: number): Promise<void> {
      const entered = await write('refunded', orderId, async trx => {
        const order = await lockOrder(trx, orderId)
        const refund = await requireRefund(trx, orderId, number)
        return (await endRefund(trx, refund)) && (await countRefund(trx, order, refund))
      })
      if (entered) metrics.entered('refunded')
    },

    async markRefundRefused(orderId: string, number: number, reason: string): Promise<void> {
      await write('refund refused', orderId, async trx => {
        await endRefund(trx, await requireRefund(trx, orderId, number), reason)
      })
    }
  }
}

/** @returns whether the order has all of its money back now */
async function countRefund(trx: Trx, order: OrderRow, refund: RefundRow): Promise<boolean> {
  const refunded_minor = order.refunded_minor + refund.amount_minor
  if (refunded_minor === order.total_minor) {
    const change = { actor: refund.actor, reason: refund.reason, set: { refunded_minor } }
    return (await enterStatus(trx, order.id, 'refunded', change)).entered
  }
  await trx
    .updateTable('orders')
    .set({ refunded_minor, version: sql<bigint>`version + 1`, updated_at: sql<Date>`now()` })
    .where('id', '=', order.id)
    .execute()
  return false
}
