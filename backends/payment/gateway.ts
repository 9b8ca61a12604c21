import { SpanKind } from '@opentelemetry/api'
import type { Logger } from 'pino'
import { inSpan } from '../shared/telemetry.ts'
import type { ChargeRequest, ChargeResult, PaymentProvider } from './provider.ts'
import type { PaymentRow, RefundRow } from './schema.ts'

/** How long the provider may take. */
export interface GatewayOptions {
  /** A charge or a refund, in ms. Default 2000. */
  callTimeoutMs?: number
  /** A lookup, in ms: short, because it follows a call that already used up its time. Default 400. */
  lookupTimeoutMs?: number
}

/** Asks the provider, never for longer than allowed. An answer that is not known is null, never a guess. */
export interface ProviderGateway {
  /** null: it may have happened or not. */
  charge(payment: PaymentRow, paymentToken: string | undefined): Promise<ChargeResult | null>
  /** null: no such charge has arrived, or the provider cannot be asked. `asked` tells which. */
  lookup(payment: PaymentRow): Promise<{ result: ChargeResult | null; asked: boolean }>
  /** null: it may have happened or not. */
  refund(payment: PaymentRow, refund: RefundRow): Promise<{ reference: string } | null>
}

export function createGateway(
  provider: PaymentProvider,
  log: Logger,
  { callTimeoutMs = 2000, lookupTimeoutMs = 400 }: GatewayOptions = {}
): ProviderGateway {
  /** Runs one call to the provider in its span. */
  async function call<T>(
    operation: string,
    payment: PaymentRow,
    timeoutMs: number,
    ask: (signal: AbortSignal) => Promise<T>
  ): Promise<{ answer: T } | null> {
    const attributes = { 'payment.id': payment.id, 'order.id': payment.order_id, operation }
    return await inSpan(
      'payment.gateway.call',
      attributes,
      async () => {
        try {
          return { answer: await ask(AbortSignal.timeout(timeoutMs)) }
        } catch (error) {
          log.warn({ err: error, payment_id: payment.id, operation }, 'the payment provider did not answer')
          return null
        }
      },
      SpanKind.CLIENT
    )
  }

  async function lookup(payment: PaymentRow) {
    const found = await call('lookup', payment, lookupTimeoutMs, signal => provider.lookup(payment.id, signal))
    return { result: found?.answer ?? null, asked: found !== null }
  }

  return {
    lookup,

    async charge(payment, paymentToken) {
      const request = chargeRequest(payment, paymentToken)
      const charged = await call('charge', payment, callTimeoutMs, signal => provider.charge(request, signal))
      if (charged) return charged.answer
      // The usual loss is the answer, not the charge: asking once more resolves it within the same call.
      return (await lookup(payment)).result
    },

    async refund(payment, refund) {
      const order = {
        key: refund.id,
        transactionId: payment.transaction_id ?? '',
        amountMinor: refund.amount_minor,
        currencyCode: payment.currency_code
      }
      const refunded = await call('refund', payment, callTimeoutMs, signal => provider.refund(order, signal))
      return refunded?.answer ?? null
    }
  }
}

function chargeRequest(payment: PaymentRow, paymentToken: string | undefined): ChargeRequest {
  return {
    key: payment.id,
    amountMinor: payment.amount_minor,
    currencyCode: payment.currency_code,
    method: payment.method,
    ...(paymentToken === undefined ? {} : { paymentToken })
  }
}
