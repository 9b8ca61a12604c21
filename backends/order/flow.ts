import type { OrderSteps } from './order-steps.ts'
import type { Outcome } from './outcome.ts'
import type { PaymentSteps } from './payment-steps.ts'
import type { RefundSteps } from './refund-steps.ts'
import type { OrderStatusName } from './schema.ts'
import type { StockSteps } from './stock-steps.ts'

/** The steps that a flow is made of. */
export type FlowSteps = OrderSteps & StockSteps & PaymentSteps & RefundSteps

/** Runs a step once: a repetition of the flow after a crash gets the result that was written down. */
export type RunStep = <Result>(name: string, run: () => Promise<Result>) => Promise<Result>

/** Where an order stands when its flow begins. */
export interface Standing {
  status: OrderStatusName
  /** The attempt to pay that is not decided yet. */
  attempt: number | null
  /** The refund that is not through yet; not told by a look that an older release wrote down. */
  refund?: number | null
}

/** Whether somebody wants the order cancelled, as seen while its status was written. */
export interface Written {
  cancelRequested: boolean
}

/** What became of a charge. */
export type ChargeOutcome = Outcome<{ paymentId: string }> | { kind: 'declined'; failureCode: string } | Cancelled

/** A step that was not begun, because somebody wants the order cancelled. */
export interface Cancelled {
  kind: 'cancelled'
}

/**
 * Drives an order from where it stands to where it rests. One function for all: what is to be done follows from the
 * status, so a flow that is begun anew, under whatever id, goes on rather than again.
 *
 *   pending           reserve stock; then charge, or await payment
 *   awaiting_payment  with an attempt that is not decided: hold the stock longer, then charge
 *   paid              confirm the sale
 *   cancelling        give money and stock back
 *   confirmed, shipped, delivered
 *                     with a refund that is not through: give that money back, and the stock where it is wanted
 *
 * Until the charge is known to have succeeded, a step that stays unknown for long is compensated; afterwards the flow only
 * goes forward. Each step may run more than once, so each is idempotent by a key that follows from the order.
 */
export function createOrderFlow(steps: FlowSteps, step: RunStep): (orderId: string) => Promise<void> {
  const { fail, cancel, giveBack } = createEndings(steps, step)

  async function drive(orderId: string): Promise<void> {
    const { status, attempt, refund } = await step<Standing>('look', () => steps.look(orderId))
    if (status === 'pending') return await begin(orderId, attempt)
    if (status === 'awaiting_payment' && attempt !== null) return await payLater(orderId, attempt)
    if (status === 'paid') return await confirm(orderId)
    if (status === 'cancelling') return await giveBack(orderId)
    if (refund) return await refundPart(orderId, refund)
  }

  async function begin(orderId: string, attempt: number | null): Promise<void> {
    const reserved = await step('reserve', () => steps.reserve(orderId))
    if (reserved.kind === 'unknown') return await fail(orderId, 'INVENTORY_UNAVAILABLE')
    if (reserved.kind === 'refused') return await fail(orderId, reserved.reason, reserved.metadata)
    const { expiresAt } = reserved.value
    if (attempt !== null) return await charge(orderId, attempt, expiresAt)
    await cancelIfWanted(orderId, await step('await payment', () => steps.awaitPayment(orderId, expiresAt)))
  }

  async function payLater(orderId: string, attempt: number): Promise<void> {
    const extended = await step('extend', () => steps.extend(orderId))
    if (extended.kind === 'cancelled') return await cancel(orderId)
    if (extended.kind === 'unknown') return await fail(orderId, 'INVENTORY_UNAVAILABLE')
    if (extended.kind === 'done') return await charge(orderId, attempt, extended.value.expiresAt)
    await step('expired', () => steps.markExpired(orderId, extended.reason))
    await giveBack(orderId)
  }

  async function charge(orderId: string, attempt: number, reservedUntil: string): Promise<void> {
    const charged = await step('charge', () => steps.charge(orderId, attempt))
    if (charged.kind === 'cancelled') return await cancel(orderId)
    if (charged.kind === 'unknown') return await fail(orderId, 'PAYMENT_UNAVAILABLE')
    if (charged.kind === 'refused') return await fail(orderId, charged.reason)
    if (charged.kind === 'done') return await paid(orderId, attempt, charged.value.paymentId)
    const declined = { attempt, failureCode: charged.failureCode, reservedUntil }
    await cancelIfWanted(orderId, await step('declined', () => steps.markDeclined(orderId, declined)))
  }

  async function paid(orderId: string, attempt: number, paymentId: string): Promise<void> {
    const written = await step('paid', () => steps.markPaid(orderId, attempt, paymentId))
    if (written.cancelRequested) await cancel(orderId)
    else await confirm(orderId)
  }

  async function confirm(orderId: string): Promise<void> {
    const confirmed = await step('confirm', () => steps.confirm(orderId))
    if (confirmed.kind === 'refused') return await fail(orderId, confirmed.reason)
    await cancelIfWanted(orderId, await step('confirmed', () => steps.markConfirmed(orderId)))
  }

  async function refundPart(orderId: string, number: number): Promise<void> {
    const given = await step('refund', () => steps.refund(orderId, number))
    if (given.kind === 'refused') {
      return await step('refund refused', () => steps.markRefundRefused(orderId, number, given.reason))
    }
    if (given.restock) await step('return stock', () => steps.returnStock(orderId, 'refunded'))
    await step('refunded', () => steps.markRefunded(orderId, number))
  }

  async function cancelIfWanted(orderId: string, { cancelRequested }: Written): Promise<void> {
    if (cancelRequested) await cancel(orderId)
  }

  return drive
}

/** How orders end that are not fulfilled. Money goes back first: whoever paid for nothing is the worst off. */
function createEndings(steps: FlowSteps, step: RunStep) {
  async function undo(orderId: string, ending: 'failed' | 'cancelled'): Promise<void> {
    await step('reverse payments', () => steps.reversePayments(orderId, ending))
    await step('return stock', () => steps.returnStock(orderId, ending))
  }

  /** Without stock nothing was reserved, hence nothing was charged, and there is nothing to undo. */
  async function fail(orderId: string, reason: string, details: Record<string, string> = {}): Promise<void> {
    if (reason !== 'INSUFFICIENT_STOCK') await undo(orderId, 'failed')
    await step('failed', () => steps.markFailed(orderId, reason, details))
  }

  async function giveBack(orderId: string): Promise<void> {
    await undo(orderId, 'cancelled')
    await step('cancelled', () => steps.markCancelled(orderId))
  }

  async function cancel(orderId: string): Promise<void> {
    await step('cancelling', () => steps.markCancelling(orderId))
    await giveBack(orderId)
  }

  return { fail, cancel, giveBack }
}

/** The id of the flow that begins with the order. */
export function placeFlowId(orderId: string): string {
  return orderId
}

/** The id of the flow of a later attempt to pay. */
export function payFlowId(orderId: string, attempt: number): string {
  return `${orderId}:pay:${attempt}`
}

/** The id of the flow that cancels an order at rest. */
export function cancelFlowId(orderId: string): string {
  return `${orderId}:cancel`
}

/** The id of the flow of a refund. */
export function refundFlowId(orderId: string, number: number): string {
  return `${orderId}:refund:${number}`
}
