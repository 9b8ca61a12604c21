import { Code } from '@connectrpc/connect'
import t from 'tap'
import type { PaymentProvider } from '../../../backends/payment/provider.ts'
import { metadataOf, reasonOf } from '../../../backends/shared/service-error.ts'
import { PaymentStatus } from '../../../gen/shop/payment/v1/payment_pb.ts'
import { eventually } from '../eventually.ts'
import { refusalOf } from '../helper.ts'
import { chargeOf, startPayments } from './helper.ts'

t.test('a charge without a token takes the money', async t => {
  const { payments, held } = await startPayments(t)
  const charge = chargeOf()
  const payment = await payments.processPayment(charge)
  t.equal(payment.status, PaymentStatus.SUCCEEDED)
  t.match(payment, {
    orderId: charge.orderId,
    userId: charge.userId,
    attempt: 1,
    capturedAmount: { amountMinor: 1999n }
  })
  t.not(payment.transactionId, '')
  t.strictSame(await held(charge.orderId), { ledger: 1999, book: 1999 })
})

t.test('a charge that is repeated takes the money once', async t => {
  const { payments, held } = await startPayments(t)
  const charge = chargeOf()
  const answers = await Promise.all(Array.from({ length: 20 }, () => payments.processPayment(charge)))
  t.equal(new Set(answers.map(payment => payment.id)).size, 1)
  t.strictSame(await held(charge.orderId), { ledger: 1999, book: 1999 })
})

t.test('a key of another request is refused', async t => {
  const { payments } = await startPayments(t)
  const charge = chargeOf()
  await payments.processPayment(charge)
  const error = await refusalOf(
    payments.processPayment({ ...charge, amount: { currencyCode: 'USD', amountMinor: 1n } })
  )
  t.equal(error.code, Code.InvalidArgument)
  t.equal(reasonOf(error), 'IDEMPOTENCY_KEY_REUSED')
  const stolen = await refusalOf(payments.processPayment({ ...chargeOf(), requestId: charge.requestId }))
  t.equal(reasonOf(stolen), 'IDEMPOTENCY_KEY_REUSED', 'also by another order')
})

t.test('a declined charge says why, also when it is repeated', async t => {
  const { payments } = await startPayments(t)
  const charge = chargeOf({ paymentToken: 'tok_insufficient_funds' })
  for (const _ of ['first', 'again']) {
    const error = await refusalOf(payments.processPayment(charge))
    t.equal(error.code, Code.FailedPrecondition)
    t.equal(reasonOf(error), 'PAYMENT_DECLINED')
    t.equal(metadataOf(error).failure_code, 'insufficient_funds')
  }
})

t.test('a declined order can be paid by another attempt', async t => {
  const { payments, held } = await startPayments(t)
  const declined = chargeOf({ paymentToken: 'tok_declined' })
  await refusalOf(payments.processPayment(declined))
  const paid = await payments.processPayment(chargeOf({ orderId: declined.orderId, attempt: 2 }))
  t.equal(paid.status, PaymentStatus.SUCCEEDED)
  t.strictSame(await held(declined.orderId), { ledger: 1999, book: 1999 })
})

t.test("declined payments of different orders do not get in each other's way", async t => {
  const { payments } = await startPayments(t)
  const declined = () => refusalOf(payments.processPayment(chargeOf({ paymentToken: 'tok_declined' })))
  const errors = await Promise.all(Array.from({ length: 5 }, declined))
  t.strictSame(errors.map(reasonOf), Array(5).fill('PAYMENT_DECLINED'))
})

t.test('nothing is left to chance: the same token always ends the same', async t => {
  const { payments } = await startPayments(t)
  const paid = await Promise.all(Array.from({ length: 60 }, () => payments.processPayment(chargeOf())))
  t.ok(paid.every(payment => payment.status === PaymentStatus.SUCCEEDED))
})

t.test('a second attempt of a paid order is refused', async t => {
  const { payments } = await startPayments(t)
  const charge = chargeOf()
  await payments.processPayment(charge)
  const error = await refusalOf(payments.processPayment(chargeOf({ orderId: charge.orderId, attempt: 2 })))
  t.equal(error.code, Code.AlreadyExists)
  t.equal(reasonOf(error), 'ORDER_ALREADY_PAID')
})

t.test('a lost answer of the provider is found by looking', async t => {
  const { payments, held } = await startPayments(t)
  const charge = chargeOf({ paymentToken: 'tok_lost_response' })
  t.equal((await payments.processPayment(charge)).status, PaymentStatus.SUCCEEDED)
  t.strictSame(await held(charge.orderId), { ledger: 1999, book: 1999 })
})

t.test('a slow provider is waited for', async t => {
  const { payments } = await startPayments(t, { simulator: { slowMs: 100 } })
  t.equal((await payments.processPayment(chargeOf({ paymentToken: 'tok_slow' }))).status, PaymentStatus.SUCCEEDED)
})

t.test('a provider that never answers leaves the outcome unknown, and the charge is given up later', async t => {
  const { payments, query } = await startPayments(t, {
    gateway: { callTimeoutMs: 50 },
    recovery: { intervalMs: 20, ageMs: 200 }
  })
  const charge = chargeOf({ paymentToken: 'tok_timeout' })
  const error = await refusalOf(payments.processPayment(charge))
  t.equal(error.code, Code.Unavailable)
  const status = () => query('SELECT status, failure_code FROM payments WHERE order_id = $1', [charge.orderId])
  await eventually(async () => (await status())[0]?.status === 'cancelled')
  t.equal((await status())[0]?.failure_code, 'provider_timeout')
  t.equal(reasonOf(await refusalOf(payments.processPayment(charge))), 'PAYMENT_DECLINED')
})

t.test('a charge whose answer nobody heard is finished by the recovery', async t => {
  const deaf = silencedProvider()
  const { payments, query, held } = await startPayments(t, {
    provider: deaf.provider,
    recovery: { intervalMs: 20, ageMs: 0 }
  })
  const charge = chargeOf()
  t.equal((await refusalOf(payments.processPayment(charge))).code, Code.Unavailable)
  deaf.speak()
  await eventually(async () => {
    const [row] = await query('SELECT status FROM payments WHERE order_id = $1', [charge.orderId])
    return row?.status === 'succeeded'
  })
  t.equal((await held(charge.orderId)).ledger, 1999)
  t.equal((await payments.processPayment(charge)).status, PaymentStatus.SUCCEEDED, 'and a repeat hears of it')
})

t.test('an amount must be positive', async t => {
  const { payments } = await startPayments(t)
  const error = await refusalOf(payments.processPayment(chargeOf({ amountMinor: 0n })))
  t.equal(reasonOf(error), 'VALIDATION_FAILED')
})

/** Charges, but says nothing until it is told to speak. */
function silencedProvider() {
  let silent = true
  const charged = new Set<string>()
  const hear = <Answer>(answer: Answer): Answer => {
    if (silent) throw new Error('silence')
    return answer
  }
  const provider: PaymentProvider = {
    async charge({ key }) {
      charged.add(key)
      return hear({ outcome: 'captured', transactionId: `tx_${key}` })
    },
    async lookup(key) {
      return hear(charged.has(key) ? { outcome: 'captured', transactionId: `tx_${key}` } : null)
    },
    async refund({ key }) {
      return hear({ reference: key })
    }
  }
  return {
    provider,
    speak() {
      silent = false
    }
  }
}
