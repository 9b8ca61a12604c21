import type { Attributes, SpanContext } from '@opentelemetry/api'

/** One measurement out of many, and where to see how it came about. */
export interface Exemplar {
  traceId: string
  spanId: string
  value: number
  /** Milliseconds since the epoch. */
  atMs: number
}

/** By the bucket of a histogram; the last one stands for all. */
export type BucketExemplars = readonly (Exemplar | undefined)[]

/** By the name of a histogram, and then by its attributes. */
const exemplars = new Map<string, Map<string, Exemplar[]>>()

/** Remembers the last trace of each bucket of a histogram, which the SDK for metrics does not. */
export interface ExemplarStore {
  /** @param attributes those that the value is recorded with: the same object each time, or it is read each time */
  offer(value: number, attributes: Attributes, trace: SpanContext): void
}

/**
 * Exemplars of a histogram, to be told beside it. Meters are those of the process, and so are these.
 *
 * @param bounds the upper bounds of its buckets but for the last, which has none
 */
export function createExemplars(histogram: string, bounds: readonly number[]): ExemplarStore {
  const byAttributes = exemplars.get(histogram) ?? new Map<string, Exemplar[]>()
  exemplars.set(histogram, byAttributes)
  const known = new WeakMap<Attributes, Exemplar[]>()

  function bucketsOf(attributes: Attributes): Exemplar[] {
    let buckets = known.get(attributes)
    if (buckets === undefined) {
      const key = keyOf(attributes)
      buckets = byAttributes.get(key) ?? []
      byAttributes.set(key, buckets)
      known.set(attributes, buckets)
    }
    return buckets
  }

  return {
    offer(value, attributes, { traceId, spanId }) {
      const above = bounds.findIndex(bound => value <= bound)
      bucketsOf(attributes)[above === -1 ? bounds.length : above] = { traceId, spanId, value, atMs: Date.now() }
    }
  }
}

/** What was remembered of a histogram with these attributes. */
export function exemplarsOf(histogram: string, attributes: Attributes): BucketExemplars {
  return exemplars.get(histogram)?.get(keyOf(attributes)) ?? []
}

function keyOf(attributes: Attributes): string {
  return JSON.stringify(Object.entries(attributes).sort())
}
