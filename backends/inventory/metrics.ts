import { metrics } from '@opentelemetry/api'
import { reasonOf } from '../shared/service-error.ts'

export type InventoryMetrics = ReturnType<typeof createInventoryMetrics>

/** The counters of the inventory service. */
export function createInventoryMetrics() {
  const meter = metrics.getMeter('sluice.backends.inventory')
  const counters = {
    reserve: meter.createCounter('inventory.reserve.count', { description: 'Attempts to set stock aside' }),
    confirm: meter.createCounter('inventory.confirm.count', { description: 'Attempts to sell reserved stock' }),
    release: meter.createCounter('inventory.release.count', { description: 'Attempts to give reserved stock back' })
  }

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
    }
  }
}
