import { SpanKind } from '@opentelemetry/api'
import t from 'tap'
import { RefundReason } from '../../../gen/shop/payment/v1/payment_pb.ts'
import { refusalOf } from '../helper.ts'
import { recordMetrics } from '../metrics.ts'
import { collectSpans } from '../spans.ts'
import { chargeOf, startPayments } from './helper.ts'

const spans = collectSpans()
const measured = recordMetrics()

t.test('a payment is traced to the provider and back, and counted by how it ended', async t => {
  const { payments } = await startPayments(t)
  const charge = chargeOf()
  const { id: paymentId, transactionId } = await payments.processPayment(charge)
  await refusalOf(payments.processPayment(chargeOf({ paymentToken: 'tok_declined' })))
  await payments.reverseOrderPayments({ orderId: charge.orderId, reason: RefundReason.ORDER_CANCELLED })

  const spanOf = (name: string) => spans.find(span => span.name === name)
  t.match(spanOf('payment.process')?.attributes, {
    'order.id': charge.orderId,
    'payment.id': paymentId,
    'transaction.id': transactionId,
    method: 'credit_card'
  })
  const call = spanOf('payment.gateway.call')
  t.equal(call?.kind, SpanKind.CLIENT)
  t.equal(call?.spanContext().traceId, spanOf('payment.process')?.spanContext().traceId)
  t.ok(spanOf('payment.refund'))

  t.same(await measured('payment.process.count'), [
    { attributes: { status: 'succeeded', method: 'credit_card' }, value: 1 },
    { attributes: { status: 'declined', method: 'credit_card' }, value: 1 }
  ])
  t.match(await measured('payment.success.rate'), [{ value: 0.5 }])
  t.match(await measured('payment.amount'), [{ attributes: { currency: 'USD' }, value: { sum: 1999, count: 1 } }])
})
