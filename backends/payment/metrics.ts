import { metrics } from '@opentelemetry/api'
import type { PaymentMethodName } from './schema.ts'

/** How a call to charge ended; `unknown` is neither a success nor a refusal. */
export type ChargeOutcome = 'succeeded' | 'declined' | 'closed' | 'unknown'

/** The measurements of the payment service. */
export function createPaymentMetrics() {
  const meter = metrics.getMeter('payment-service')
  const processed = meter.createCounter('payment.process.count', { description: 'calls to charge' })
  const amounts = meter.createHistogram('payment.amount', { description: 'captured amounts, in minor units' })
  let succeeded = 0
  let decided = 0
  meter
    .createObservableGauge('payment.success.rate', { description: 'captured of those decided, 0 to 1' })
    .addCallback(gauge => {
      if (decided > 0) gauge.observe(succeeded / decided)
    })

  return {
    charge(outcome: ChargeOutcome, method: PaymentMethodName) {
      processed.add(1, { status: outcome, method })
      if (outcome === 'succeeded') succeeded++
      if (outcome === 'succeeded' || outcome === 'declined') decided++
    },
    captured(amountMinor: bigint, currency: string) {
      amounts.record(Number(amountMinor), { currency })
    }
  }
}

export type PaymentMetrics = ReturnType<typeof createPaymentMetrics>
