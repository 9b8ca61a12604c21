import { Code } from '@connectrpc/connect'
import t from 'tap'
import type { ChargeResult, PaymentProvider } from '../../../backends/payment/provider.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { PaymentStatus, RefundReason, RefundStatus } from '../../../gen/shop/payment/v1/payment_pb.ts'
import { eventually } from '../eventually.ts'
import { refusalOf } from '../helper.ts'
import { chargeOf, startPayments } from './helper.ts'

const cancelled = RefundReason.ORDER_CANCELLED

t.test('reversing an order gives its money back once', async t => {
  const { payments, held } = await startPayments(t)
  const charge = chargeOf()
  await payments.processPayment(charge)
  const reverse = () => payments.reverseOrderPayments({ orderId: charge.orderId, reason: cancelled })
  const answers = await Promise.all(Array.from({ length: 5 }, reverse))
  for (const { payments, refunds } of answers) {
    t.match(payments, [{ status: PaymentStatus.REFUNDED, refundedAmount: { amountMinor: 1999n } }])
    t.match(refunds, [{ status: RefundStatus.SUCCEEDED, reason: cancelled }])
  }
  t.strictSame(await held(charge.orderId), { ledger: 0, book: 0 })
})

t.test('a reversed order cannot be charged any more', async t => {
  const { payments } = await startPayments(t)
  const orderId = newId()
  const answer = await payments.reverseOrderPayments({ orderId, reason: cancelled })
  t.strictSame([answer.payments, answer.refunds], [[], []], 'nothing to give back')
  const error = await refusalOf(payments.processPayment(chargeOf({ orderId })))
  t.equal(error.code, Code.FailedPrecondition)
  t.equal(reasonOf(error), 'PAYMENT_CLOSED')
})

t.test('a charge that arrives after its order was reversed is given back', async t => {
  const slow = gatedProvider()
  const { payments, query, held } = await startPayments(t, { provider: slow.provider })
  const charge = chargeOf()
  const charging = refusalOf(payments.processPayment(charge))
  await slow.asked
  const { payments: open } = await payments.reverseOrderPayments({ orderId: charge.orderId, reason: cancelled })
  t.match(open, [{ status: PaymentStatus.PROCESSING }], 'whose outcome nobody knows yet')
  slow.answer()
  t.equal(reasonOf(await charging), 'PAYMENT_CLOSED')
  const [row] = await query('SELECT status, captured_minor, refunded_minor FROM payments')
  t.strictSame(row, { status: 'refunded', captured_minor: '1999', refunded_minor: '1999' })
  t.equal((await held(charge.orderId)).ledger, 0)
  t.equal(slow.refunds, 1)
})

t.test('a payment can be refunded in parts, and never by more than was taken', async t => {
  const { payments, held } = await startPayments(t)
  const charge = chargeOf({ amountMinor: 1000n })
  const { id: paymentId } = await payments.processPayment(charge)
  const refund = (amountMinor: bigint) =>
    payments.refundPayment({
      paymentId,
      amount: { currencyCode: 'USD', amountMinor },
      reason: RefundReason.REQUESTED_BY_CUSTOMER,
      requestId: newId()
    })
  t.equal((await refund(400n)).status, RefundStatus.SUCCEEDED)
  t.equal((await payments.getPayment({ paymentId })).status, PaymentStatus.PARTIALLY_REFUNDED)
  t.equal(reasonOf(await refusalOf(refund(601n))), 'AMOUNT_MISMATCH')
  const race = await Promise.allSettled(Array.from({ length: 6 }, () => refund(200n)))
  t.equal(race.filter(({ status }) => status === 'fulfilled').length, 3, 'three more fit')
  t.equal((await payments.getPayment({ paymentId })).status, PaymentStatus.REFUNDED)
  t.strictSame(await held(charge.orderId), { ledger: 0, book: 0 })
})

t.test('a refund that is repeated gives back once, and its key fits no other', async t => {
  const { payments } = await startPayments(t)
  const { id: paymentId } = await payments.processPayment(chargeOf())
  const request = { paymentId, reason: RefundReason.DUPLICATE, requestId: newId() }
  const first = await payments.refundPayment(request)
  const again = await payments.refundPayment(request)
  t.equal(again.id, first.id)
  t.equal(first.amount?.amountMinor, 1999n, 'all that is left')
  const error = await refusalOf(payments.refundPayment({ ...request, reason: RefundReason.FRAUDULENT }))
  t.equal(reasonOf(error), 'IDEMPOTENCY_KEY_REUSED')
})

t.test('a refund in another currency is refused', async t => {
  const { payments } = await startPayments(t)
  const { id: paymentId } = await payments.processPayment(chargeOf())
  const amount = { currencyCode: 'EUR', amountMinor: 1n }
  const refund = payments.refundPayment({ paymentId, amount, reason: RefundReason.DUPLICATE, requestId: newId() })
  t.equal(reasonOf(await refusalOf(refund)), 'CURRENCY_MISMATCH')
})

t.test('a refund that the provider did not answer is asked for again', async t => {
  const flaky = gatedProvider()
  flaky.answer()
  flaky.loseRefunds(1)
  const { payments, query } = await startPayments(t, {
    provider: flaky.provider,
    recovery: { intervalMs: 20, ageMs: 0 }
  })
  const { id: paymentId } = await payments.processPayment(chargeOf())
  const request = { paymentId, reason: RefundReason.DUPLICATE, requestId: newId() }
  t.equal((await refusalOf(payments.refundPayment(request))).code, Code.Unavailable)
  await eventually(async () => (await query('SELECT status FROM refunds'))[0]?.status === 'succeeded')
  t.equal(flaky.refunds, 1)
})

/** Answers a charge when it is told to; can lose the first refunds. */
function gatedProvider() {
  const asked = Promise.withResolvers<void>()
  const open = Promise.withResolvers<void>()
  const refunds = new Set<string>()
  let lost = 0
  const result = (key: string): ChargeResult => ({ outcome: 'captured', transactionId: `tx_${key}` })
  const provider: PaymentProvider = {
    async charge({ key }) {
      asked.resolve()
      await open.promise
      return result(key)
    },
    async lookup() {
      return null
    },
    async refund({ key }) {
      if (lost-- > 0) throw new Error('lost')
      refunds.add(key)
      return { reference: key }
    }
  }
  return {
    provider,
    asked: asked.promise,
    answer: open.resolve,
    loseRefunds(count: number) {
      lost = count
    },
    get refunds() {
      return refunds.size
    }
  }
}
