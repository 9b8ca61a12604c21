import { sql } from 'kysely'
import type { Logger } from 'pino'
import { resolveStaleCharge } from './refund.ts'
import { finishRefund, type PaymentDeps } from './settle.ts'

export interface RecoveryOptions {
  /** How often to look, in ms. Default 10,000. */
  intervalMs?: number
  /** How long the provider's answer must have been missing, in ms. Default 30,000. */
  ageMs?: number
}

export interface Recovery {
  /** Looks now, besides the timer. */
  run(): Promise<void>
  /** Stops looking and waits for what runs. */
  close(): Promise<void>
}

/** How many are picked up at a time: more wait for the next round. */
const batchSize = 100

/**
 * Follows up what a crash or a silent provider left open: charges in `processing` are looked up, refunds in `pending`
 * are asked for again. Several processes may do so at once, because each step is idempotent.
 */
export function startRecovery(
  deps: PaymentDeps,
  log: Logger,
  { intervalMs = 10_000, ageMs = 30_000 }: RecoveryOptions = {}
): Recovery {
  let running: Promise<void> | null = null

  async function followUp() {
    const before = sql<Date>`now() - ${ageMs} * interval '1 millisecond'`
    const charges = await deps.db
      .selectFrom('payments')
      .selectAll()
      .where('status', '=', 'processing')
      .where('updated_at', '<', before)
      .limit(batchSize)
      .execute()
    for (const payment of charges) await attempt(() => resolveStaleCharge(deps, payment), { payment_id: payment.id })
    const refunds = await deps.db
      .selectFrom('refunds')
      .select('id')
      .where('status', '=', 'pending')
      .where('created_at', '<', before)
      .limit(batchSize)
      .execute()
    for (const { id } of refunds) await attempt(() => finishRefund(deps, id), { refund_id: id })
  }

  async function attempt(step: () => Promise<unknown>, subject: Record<string, string>) {
    try {
      await step()
    } catch (error) {
      log.warn({ err: error, ...subject }, 'could not be followed up yet')
    }
  }

  function run(): Promise<void> {
    running ??= followUp()
      .catch(error => log.error({ err: error }, 'open payments could not be followed up'))
      .finally(() => {
        running = null
      })
    return running
  }

  const timer = setInterval(run, intervalMs)
  timer.unref()

  return {
    run,
    async close() {
      clearInterval(timer)
      await running
    }
  }
}
