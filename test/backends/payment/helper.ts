import pg from 'pg'
import { createPaymentService, type PaymentOptions } from '../../../backends/payment/service.ts'
import { newId } from '../../../backends/shared/ids.ts'
import { PaymentMethod, PaymentService } from '../../../gen/shop/payment/v1/payment_pb.ts'
import { startBackend, type Test } from '../helper.ts'

/** A payment service as the order service sees it, and a look into its database. */
export async function startPayments(t: Test, options: PaymentOptions = {}) {
  const running = await startBackend(t, (settings, deps) => createPaymentService(settings, deps, options))
  const payments = running.client(PaymentService, await running.tokens.signService('order-service'))
  const database = new pg.Pool({ connectionString: running.databaseUrl, max: 2 })
  // The server may say farewell on a connection that is already being closed.
  database.on('error', () => {})
  t.teardown(() => database.end())
  return {
    ...running,
    payments,
    /** The rows of a query; bigints as text. */
    async query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
      return (await database.query(text, values)).rows
    },
    /** What the shop holds of an order by its ledger, and by the provider's own book. */
    async held(orderId: string): Promise<{ ledger: number; book: number }> {
      const { rows } = await database.query(
        `SELECT
          (SELECT coalesce(sum(CASE l.kind WHEN 'capture' THEN l.amount_minor ELSE -l.amount_minor END), 0)
             FROM payment_ledger l JOIN payments p ON p.id = l.payment_id WHERE p.order_id = $1)::int AS ledger,
          (SELECT coalesce(sum(CASE b.outcome WHEN 'captured' THEN b.amount_minor WHEN 'refunded' THEN -b.amount_minor
                                 ELSE 0 END), 0)
             FROM simulator_book b WHERE b.key IN
               (SELECT id::text FROM payments WHERE order_id = $1 UNION ALL
                SELECT r.id::text FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE p.order_id = $1))::int AS book`,
        [orderId]
      )
      return rows[0]
    }
  }
}

/** A charge of 19.99 USD: attempt 1 of a new order, unless said otherwise. */
export function chargeOf(
  change: { orderId?: string; userId?: string; attempt?: number; amountMinor?: bigint; paymentToken?: string } = {}
) {
  const { orderId = newId(), userId = newId(), attempt = 1, amountMinor = 1999n, paymentToken } = change
  return {
    orderId,
    userId,
    attempt,
    amount: { currencyCode: 'USD', amountMinor },
    method: PaymentMethod.CREDIT_CARD,
    requestId: `${orderId}:${attempt}`,
    ...(paymentToken === undefined ? {} : { paymentToken })
  }
}
