import { Code } from '@connectrpc/connect'
import t from 'tap'
import { newId } from '../../../backends/shared/ids.ts'
import { reasonOf } from '../../../backends/shared/service-error.ts'
import { PaymentService, PaymentStatus } from '../../../gen/shop/payment/v1/payment_pb.ts'
import { refusalOf } from '../helper.ts'
import { chargeOf, startPayments } from './helper.ts'

t.test("a user sees an own payment and nobody else's", async t => {
  const { payments, client, userToken } = await startPayments(t)
  const userId = newId()
  const { id: paymentId } = await payments.processPayment(chargeOf({ userId }))
  const own = await client(PaymentService, await userToken(userId)).getPayment({ paymentId })
  t.match(own, { id: paymentId, status: PaymentStatus.SUCCEEDED, etag: /^"\d+"$/ })
  const error = await refusalOf(client(PaymentService, await userToken(newId())).getPayment({ paymentId }))
  t.equal(error.code, Code.NotFound)
  t.equal(reasonOf(error), 'PAYMENT_NOT_FOUND')
  const operator = client(PaymentService, await userToken(newId(), ['operator']))
  t.equal((await operator.getPayment({ paymentId })).id, paymentId)
})

t.test("a list holds the caller's own payments, newest first, each once over its pages", async t => {
  const { payments, client, userToken } = await startPayments(t)
  const userId = newId()
  const ids: string[] = []
  for (let n = 0; n < 5; n++) ids.unshift((await payments.processPayment(chargeOf({ userId }))).id)
  await payments.processPayment(chargeOf())
  const mine = client(PaymentService, await userToken(userId))
  const seen: string[] = []
  let pageToken: string | undefined
  do {
    const page = await mine.listPayments({ pageSize: 2, ...(pageToken === undefined ? {} : { pageToken }) })
    t.equal(page.totalSize, 5)
    seen.push(...page.payments.map(payment => payment.id))
    pageToken = page.nextPageToken || undefined
  } while (pageToken !== undefined)
  t.strictSame(seen, ids)
})

t.test('a list can be narrowed to an order and a status', async t => {
  const { payments } = await startPayments(t)
  const charge = chargeOf({ paymentToken: 'tok_declined' })
  await refusalOf(payments.processPayment(charge))
  const paid = await payments.processPayment(chargeOf({ orderId: charge.orderId, attempt: 2 }))
  await payments.processPayment(chargeOf())
  const { payments: ofOrder } = await payments.listPayments({ orderId: charge.orderId })
  t.equal(ofOrder.length, 2)
  const { payments: succeeded } = await payments.listPayments({
    orderId: charge.orderId,
    status: PaymentStatus.SUCCEEDED
  })
  t.strictSame(
    succeeded.map(payment => payment.id),
    [paid.id]
  )
})
