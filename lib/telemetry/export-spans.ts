import { trace } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace'
import { positiveFromEnvironment } from './environment.ts'
import { createSpanExporter } from './otlp/span-exporter.ts'
import { samplerFromEnvironment } from './sampler.ts'
import { createTracerProvider } from './tracer.ts'

/**
 * How many spans go at once and how many may wait, unless OTEL_BSP_* says otherwise. The SDK's 512 and 2,048 make a busy
 * gateway export every few milliseconds, and lose spans whenever the collector hesitates.
 */
const batchSize = 2048
const queueSize = 16_384
/** The SDK's own. */
const delayMs = 5_000
const timeoutMs = 30_000

/** From now on, all tracers make our spans, and the SDK's processor exports them. */
export function exportSpans(resource: Resource): { shutdown(): Promise<void> } {
  const processor = new BatchSpanProcessor({
    exporter: createSpanExporter(),
    maxExportBatchSize: positiveFromEnvironment('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', batchSize),
    maxQueueSize: positiveFromEnvironment('OTEL_BSP_MAX_QUEUE_SIZE', queueSize),
    scheduledDelayMillis: positiveFromEnvironment('OTEL_BSP_SCHEDULE_DELAY', delayMs),
    exportTimeoutMillis: positiveFromEnvironment('OTEL_BSP_EXPORT_TIMEOUT', timeoutMs)
  })
  trace.setGlobalTracerProvider(createTracerProvider({ resource, sampler: samplerFromEnvironment(), processor }))
  return processor
}
