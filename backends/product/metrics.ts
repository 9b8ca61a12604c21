import { metrics } from '@opentelemetry/api'
import type { CacheSource } from './cache.ts'

export type ProductMetrics = ReturnType<typeof createProductMetrics>

/** The counters and timings of the product service. */
export function createProductMetrics() {
  const meter = metrics.getMeter('sluice.backends.product')
  const queries = meter.createCounter('product.query.count', { description: 'Products and lists asked for' })
  const hits = meter.createCounter('product.cache.hit.count', { description: 'Answers of the cache' })
  const durations = meter.createHistogram('product.query.duration', {
    unit: 'ms',
    description: 'Time of a database query'
  })

  return {
    /** Counts a read of one product, by where its answer came from. */
    countGet(source: CacheSource) {
      queries.add(1, { operation: 'get', source })
      hits.add(1, { hit: source === 'cache' })
    },

    /** Counts a read that never asks the cache. */
    countQuery(operation: string) {
      queries.add(1, { operation, source: 'database' })
    },

    async timeQuery<Result>(operation: string, work: () => Promise<Result>): Promise<Result> {
      const start = performance.now()
      try {
        return await work()
      } finally {
        durations.record(performance.now() - start, { operation })
      }
    }
  }
}
