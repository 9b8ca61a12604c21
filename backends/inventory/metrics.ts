import { metrics, type ObservableResult } from '@opentelemetry/api'
import type { Logger } from 'pino'
import { reasonOf } from '../shared/service-error.ts'
import { type Db, sumStock } from './stock.ts'

export type InventoryMetrics = ReturnType<typeof createInventoryMetrics>

/** The measurements of the inventory service. */
export function createInventoryMetrics(db: Db, log: Logger) {
  const meter = metrics.getMeter('sluice.backends.inventory')
  const counters = {
    reserve: meter.createCounter('inventory.reserve.count', { description: 'Attempts to set stock aside' }),
    confirm: meter.createCounter('inventory.confirm.count', { description: 'Attempts to sell reserved stock' }),
    release: meter.createCounter('inventory.release.count', { description: 'Attempts to give reserved stock back' })
  }
  // Every process reports the same stock, that of the database: a dashboard takes the maximum, not the sum.
  const level = meter.createObservableGauge('inventory.stock.level', { description: 'Units in the warehouse' })

  async function observeLevel(gauge: ObservableResult) {
    try {
      const { available, reserved } = await sumStock(db)
      gauge.observe(available, { type: 'available' })
      gauge.observe(reserved, { type: 'reserved' })
    } catch (error) {
      log.debug({ err: error }, 'the stock level could not be measured')
    }
  }
  level.addCallback(observeLevel)

  return {
    /** Counts a step by how it ended: `success`, or the reason of its refusal. */
    async count<Result>(step: keyof typeof counters, work: () => Promise<Result>): Promise<Result> {
      try {
        const result = await work()
        counters[step].add(1, { status: 'success' })
        return result
      } catch (error) {
        counters[step].add(1, { status: reasonOf(error) ?? 'INTERNAL' })
        throw error
      }
    },

    /** Stops asking the database for what the gauge shows. */
    close() {
      level.removeCallback(observeLevel)
    }
  }
}
