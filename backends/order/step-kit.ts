import { trace } from '@opentelemetry/api'
import type { Logger } from 'pino'
import { inSpan } from '../shared/telemetry.ts'
import type { OrderMetrics } from './metrics.ts'
import type { OnUnknown, Repeater } from './repeat.ts'
import type { Db } from './schema.ts'
import { requireOrder } from './store.ts'

export interface FlowOptions {
  /** How long stock is set aside, in seconds. Default 900. */
  reservationSeconds?: number
  /** How long a step may stay unknown before the order is compensated, in ms. Default 60,000. */
  unknownBudgetMs?: number
}

/** What the steps of a flow work with. */
export interface StepDeps {
  db: Db
  repeater: Repeater
  metrics: OrderMetrics
  log: Logger
}

/** The time that one try of a call to another service has, in ms. */
export const callTimeoutMs = 1000
/** A charge has longer: the provider has 2 s to answer. */
export const chargeTimeoutMs = 2500
/** A compensation that takes longer, in ms, counts as stuck. */
const stuckAfterMs = 60_000

export type StepKit = ReturnType<typeof createStepKit>

/** What all steps do alike: note what is tried again, read the order however long that takes, compensate for ever. */
export function createStepKit({ db, repeater, metrics, log }: StepDeps) {
  function noteRetries(step: string, orderId: string, alertAfterMs = stuckAfterMs): OnUnknown {
    return (error, sinceMs) => {
      const level = sinceMs > alertAfterMs ? 'error' : 'warn'
      log[level]({ err: error, order_id: orderId, step, since_ms: Math.round(sinceMs) }, 'a step is tried again')
    }
  }

  async function read<Value>(step: string, orderId: string, query: () => Promise<Value>): Promise<Value> {
    return await repeater.untilDone(query, noteRetries(step, orderId))
  }

  return {
    noteRetries,
    /** Reads from our own database, however long that is away. */
    read,

    /** Whether somebody wants the order cancelled. */
    async cancelWanted(orderId: string): Promise<boolean> {
      const order = await read('look', orderId, () => requireOrder(db, orderId))
      return order.cancel_requested_at !== null
    },

    /** Makes a call until it succeeds. It is never given up, and never goes unnoticed. */
    async compensate(step: string, orderId: string, call: () => Promise<void>): Promise<void> {
      await inSagaSpan('rollback', orderId, async () => {
        const note = noteRetries(step, orderId)
        await repeater.untilDone(call, (error, sinceMs) => {
          note(error, sinceMs)
          if (sinceMs > stuckAfterMs) metrics.compensationStuck(orderId)
        })
        metrics.compensationDone(orderId)
      })
    }
  }
}

/** A span per step, and an event on that of the flow. */
export async function inSagaSpan<Result>(step: string, orderId: string, work: () => Promise<Result>): Promise<Result> {
  trace.getActiveSpan()?.addEvent(step)
  return await inSpan(`saga.${step}`, { 'order.id': orderId, 'reservation.id': orderId }, work)
}
