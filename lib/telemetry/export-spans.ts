import { trace } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import { BatchProcessor } from './batch-processor.ts'
import { positiveFromEnvironment } from './environment.ts'
import { exporterSettings } from './otlp/exporter-settings.ts'
import { SpanExporter } from './otlp/span-exporter.ts'
import { samplerFromEnvironment } from './sampler.ts'
import { createTracerProvider } from './tracer.ts'

/**
 * How many spans go at once and how many may wait, unless OTEL_BSP_* says otherwise. The SDK's 512 and 2,048 make a busy
 * gateway export every few milliseconds, and lose spans whenever the collector hesitates.
 */
const defaultBatchSize = 2048
const defaultQueueSize = 16_384
/** The SDK's own. */
const defaultDelayMs = 5_000
const defaultTimeoutMs = 30_000

/**
 * From now on, all tracers make our spans, and they are exported in batches.
 *
 * @throws {StartError} SLUICE_ERR_OPTION_INVALID
 */
export function exportSpans(resource: Resource): { shutdown(): Promise<void> } {
  const queueSize = positiveFromEnvironment('OTEL_BSP_MAX_QUEUE_SIZE', defaultQueueSize)
  const batchSize = positiveFromEnvironment('OTEL_BSP_MAX_EXPORT_BATCH_SIZE', defaultBatchSize)
  const processor = new BatchProcessor({
    resource,
    exporter: new SpanExporter(exporterSettings()),
    batchSize: Math.min(batchSize, queueSize),
    queueSize,
    delayMs: positiveFromEnvironment('OTEL_BSP_SCHEDULE_DELAY', defaultDelayMs),
    timeoutMs: positiveFromEnvironment('OTEL_BSP_EXPORT_TIMEOUT', defaultTimeoutMs)
  })
  trace.setGlobalTracerProvider(createTracerProvider({ resource, sampler: samplerFromEnvironment(), processor }))
  return processor
}
