import { trace } from '@opentelemetry/api'
import { getNumberFromEnv } from '@opentelemetry/core'
import type { Resource } from '@opentelemetry/resources'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace'
import { createSpanExporter } from './otlp/span-exporter.ts'
import { samplerFromEnvironment } from './sampler.ts'
import { createTracerProvider } from './tracer.ts'

/**
 * How many spans go at once and how many may wait, unless OTEL_BSP_* says otherwise. The SDK's 512 and 2,048 make a busy
 * gateway export every few milliseconds, and lose spans whenever the collector hesitates.
 */
const batchSize = 2048
const queueSize = 16_384

/** From now on, all tracers make our spans, and the SDK's processor exports them. */
export function exportSpans(resource: Resource): { shutdown(): Promise<void> } {
  const scheduledDelayMillis = getNumberFromEnv('OTEL_BSP_SCHEDULE_DELAY')
  const exportTimeoutMillis = getNumberFromEnv('OTEL_BSP_EXPORT_TIMEOUT')
  const processor = new BatchSpanProcessor({
    exporter: createSpanExporter(),
    maxExportBatchSize: getNumberFromEnv('OTEL_BSP_MAX_EXPORT_BATCH_SIZE') ?? batchSize,
    maxQueueSize: getNumberFromEnv('OTEL_BSP_MAX_QUEUE_SIZE') ?? queueSize,
    ...(scheduledDelayMillis !== undefined && { scheduledDelayMillis }),
    ...(exportTimeoutMillis !== undefined && { exportTimeoutMillis })
  })
  trace.setGlobalTracerProvider(createTracerProvider({ resource, sampler: samplerFromEnvironment(), processor }))
  return processor
}
