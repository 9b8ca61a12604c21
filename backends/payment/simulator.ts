import { setTimeout as delay } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type { ChargeRequest, ChargeResult, PaymentProvider, RefundOrder } from './provider.ts'
import type { PaymentSchema } from './schema.ts'

export interface SimulatorOptions {
  /** How long `tok_slow` takes, in ms. Default 1500. */
  slowMs?: number
}

/** Tokens that are refused, and why. */
const declinedTokens: Readonly<Record<string, string>> = {
  tok_declined: 'card_declined',
  tok_insufficient_funds: 'insufficient_funds'
}

const acceptedTokens: ReadonlySet<string> = new Set(['tok_ok', 'tok_lost_response', 'tok_slow'])

/**
 * A payment provider without chance: what happens is chosen by the payment token.
 *
 * | token                    | what happens                                          |
 * |--------------------------|-------------------------------------------------------|
 * | none, `tok_ok`           | charged                                               |
 * | `tok_declined`           | declined, `card_declined`                             |
 * | `tok_insufficient_funds` | declined, `insufficient_funds`                        |
 * | `tok_timeout`            | never charged, never answered                         |
 * | `tok_lost_response`      | charged, the answer is lost; a repeat finds the charge |
 * | `tok_slow`               | charged after a while                                 |
 * | anything else            | declined, `invalid_token`                             |
 *
 * Its book lives in the payments database, in a table of its own and outside of the service's transactions, because it
 * plays somebody else's system: one that remembers across our restarts.
 */
export function createSimulator(db: Kysely<PaymentSchema>, { slowMs = 1500 }: SimulatorOptions = {}): PaymentProvider {
  return {
    async charge(request, signal) {
      const token = request.paymentToken ?? 'tok_ok'
      const earlier = await findCharge(db, request.key)
      if (earlier) return earlier
      if (token === 'tok_timeout') await untilAborted(signal)
      if (token === 'tok_slow') await delay(slowMs, undefined, { signal })
      const result = await writeCharge(db, request, decide(token))
      if (token === 'tok_lost_response') throw new ProviderUnreachable('the connection was lost before the answer')
      return result
    },

    async refund(order) {
      return await writeRefund(db, order)
    },

    async lookup(key) {
      return await findCharge(db, key)
    }
  }
}

/** The provider could not be asked, or its answer did not arrive. */
export class ProviderUnreachable extends Error {
  override name = 'ProviderUnreachable'
}

function decide(token: string): { failureCode: string | null } {
  if (acceptedTokens.has(token)) return { failureCode: null }
  return { failureCode: declinedTokens[token] ?? 'invalid_token' }
}

async function untilAborted(signal: AbortSignal): Promise<never> {
  await new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
  throw new ProviderUnreachable('no answer in time')
}

async function findCharge(db: Kysely<PaymentSchema>, key: string): Promise<ChargeResult | null> {
  const entry = await db
    .selectFrom('simulator_book')
    .select(['outcome', 'reference', 'failure_code'])
    .where('key', '=', key)
    .where('kind', '=', 'charge')
    .executeTakeFirst()
  if (!entry) return null
  if (entry.outcome === 'captured') return { outcome: 'captured', transactionId: entry.reference }
  return { outcome: 'declined', failureCode: entry.failure_code ?? 'card_declined' }
}

async function writeCharge(
  db: Kysely<PaymentSchema>,
  request: ChargeRequest,
  { failureCode }: { failureCode: string | null }
): Promise<ChargeResult> {
  await db
    .insertInto('simulator_book')
    .values({
      key: request.key,
      kind: 'charge',
      outcome: failureCode === null ? 'captured' : 'declined',
      reference: `sim_ch_${request.key}`,
      failure_code: failureCode,
      amount_minor: request.amountMinor,
      currency_code: request.currencyCode
    })
    .onConflict(conflict => conflict.column('key').doNothing())
    .execute()
  // Read back: of two calls with one key the first one decided.
  return (await findCharge(db, request.key))!
}

async function writeRefund(db: Kysely<PaymentSchema>, order: RefundOrder): Promise<{ reference: string }> {
  const reference = `sim_re_${order.key}`
  await db
    .insertInto('simulator_book')
    .values({
      key: order.key,
      kind: 'refund',
      outcome: 'refunded',
      reference,
      failure_code: null,
      amount_minor: order.amountMinor,
      currency_code: order.currencyCode
    })
    .onConflict(conflict => conflict.column('key').doNothing())
    .execute()
  return { reference }
}
