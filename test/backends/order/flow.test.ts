import t from 'tap'
import { createOrderFlow, type FlowSteps, type Standing } from '../../../backends/order/flow.ts'

const inTime = { kind: 'done', value: { expiresAt: '2026-01-01T00:15:00.000Z' } } as const
const taken = { kind: 'done', value: { paymentId: 'payment' } } as const
const calm = { cancelRequested: false }
const cancelRequested = { cancelRequested: true }
const unknown = { kind: 'unknown' } as const

/** Runs the flow of an order on steps that answer as told, and tells what was done, in order. */
async function drive(standing: Standing, answers: Partial<FlowSteps> = {}): Promise<string[]> {
  const steps: FlowSteps = {
    look: async () => standing,
    reserve: async () => inTime,
    extend: async () => inTime,
    charge: async () => taken,
    confirm: async () => ({ kind: 'done' }),
    reversePayments: async () => {},
    returnStock: async () => {},
    awaitPayment: async () => calm,
    markPaid: async () => calm,
    markConfirmed: async () => calm,
    markDeclined: async () => calm,
    markFailed: async () => calm,
    markCancelling: async () => calm,
    markExpired: async () => calm,
    markCancelled: async () => calm,
    refund: async () => ({ kind: 'done', restock: false }),
    markRefunded: async () => {},
    markRefundRefused: async () => {},
    ...answers
  }
  const done: string[] = []
  await createOrderFlow(steps, async (name, run) => {
    done.push(name)
    return await run()
  })('order')
  return done.slice(1)
}

const pending = { status: 'pending', attempt: 1 } as const
const undo = ['reverse payments', 'return stock']

t.test('an order that can be paid is reserved, charged, confirmed', async t => {
  t.strictSame(await drive(pending), ['reserve', 'charge', 'paid', 'confirm', 'confirmed'])
})

t.test('an order that is not charged at once waits with its stock set aside', async t => {
  t.strictSame(await drive({ status: 'pending', attempt: null }), ['reserve', 'await payment'])
})

t.test('an order that finds no stock fails, with nothing to undo', async t => {
  const reserve = async () => ({ kind: 'refused', reason: 'INSUFFICIENT_STOCK', metadata: {} }) as const
  t.strictSame(await drive(pending, { reserve }), ['reserve', 'failed'])
})

t.test('stock that may have been reserved is given back', async t => {
  t.strictSame(await drive(pending, { reserve: async () => unknown }), ['reserve', ...undo, 'failed'])
})

t.test('a declined charge leaves the order to be paid later', async t => {
  const charge = async () => ({ kind: 'declined', failureCode: 'card_declined' }) as const
  t.strictSame(await drive(pending, { charge }), ['reserve', 'charge', 'declined'])
})

t.test('money that may have been taken is given back', async t => {
  t.strictSame(await drive(pending, { charge: async () => unknown }), ['reserve', 'charge', ...undo, 'failed'])
})

t.test('a sale that cannot be confirmed is paid back', async t => {
  const confirm = async () => ({ kind: 'refused', reason: 'RESERVATION_EXPIRED', metadata: {} }) as const
  t.strictSame(await drive(pending, { confirm }), ['reserve', 'charge', 'paid', 'confirm', ...undo, 'failed'])
})

t.test('a later payment holds the stock longer before it charges', async t => {
  const awaiting = { status: 'awaiting_payment', attempt: 2 } as const
  t.strictSame(await drive(awaiting), ['extend', 'charge', 'paid', 'confirm', 'confirmed'])
  const extend = async () => ({ kind: 'refused', reason: 'RESERVATION_EXPIRED', metadata: {} }) as const
  t.strictSame(await drive(awaiting, { extend }), ['extend', 'expired', ...undo, 'cancelled'])
})

t.test('a wish to cancel turns the flow around wherever it is seen', async t => {
  const back = ['cancelling', ...undo, 'cancelled']
  const seen = async () => cancelRequested
  const charge = async () => ({ kind: 'cancelled' }) as const
  t.strictSame(await drive(pending, { charge }), ['reserve', 'charge', ...back])
  t.strictSame(await drive(pending, { markPaid: seen }), ['reserve', 'charge', 'paid', ...back])
  t.strictSame(await drive(pending, { markConfirmed: seen }), [
    'reserve',
    'charge',
    'paid',
    'confirm',
    'confirmed',
    ...back
  ])
  const unpaid = { status: 'pending', attempt: null } as const
  t.strictSame(await drive(unpaid, { awaitPayment: seen }), ['reserve', 'await payment', ...back])
})

t.test('a flow that is begun anew goes on from where the order stands', async t => {
  t.strictSame(await drive({ status: 'paid', attempt: null }), ['confirm', 'confirmed'])
  t.strictSame(await drive({ status: 'cancelling', attempt: null }), [...undo, 'cancelled'])
  for (const status of ['awaiting_payment', 'confirmed', 'cancelled', 'failed'] as const) {
    t.strictSame(await drive({ status, attempt: null }), [], `${status} is at rest`)
  }
})

t.test('a refund gives the money back, then the goods where they are wanted', async t => {
  for (const status of ['confirmed', 'shipped', 'delivered'] as const) {
    const standing = { status, attempt: null, refund: 1 }
    t.strictSame(await drive(standing), ['refund', 'refunded'])
    const refund = async () => ({ kind: 'done', restock: true }) as const
    t.strictSame(await drive(standing, { refund }), ['refund', 'return stock', 'refunded'])
  }
})

t.test('a refund that the payment service refuses changes nothing else', async t => {
  const refund = async () => ({ kind: 'refused', reason: 'AMOUNT_MISMATCH', metadata: {} }) as const
  const standing = { status: 'confirmed', attempt: null, refund: 1 } as const
  t.strictSame(await drive(standing, { refund }), ['refund', 'refund refused'])
})
