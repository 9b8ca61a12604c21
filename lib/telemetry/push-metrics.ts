import { getStringFromEnv } from '@opentelemetry/core'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc'
import { type MetricReader, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { positiveFromEnvironment } from './environment.ts'

const defaultIntervalMs = 60_000
const defaultTimeoutMs = 30_000

/**
 * What sends metrics by OTLP/gRPC, as OTEL_METRIC_EXPORT_INTERVAL and OTEL_METRIC_EXPORT_TIMEOUT say. Null:
 * OTEL_METRICS_EXPORTER is `none`. The SDK makes its own only when it makes all readers.
 */
export function createPushReader(): MetricReader | null {
  if (getStringFromEnv('OTEL_METRICS_EXPORTER') === 'none') return null
  const exportIntervalMillis = positiveFromEnvironment('OTEL_METRIC_EXPORT_INTERVAL', defaultIntervalMs)
  const timeoutMs = positiveFromEnvironment('OTEL_METRIC_EXPORT_TIMEOUT', defaultTimeoutMs)
  const exportTimeoutMillis = Math.min(timeoutMs, exportIntervalMillis)
  return new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter(),
    exportIntervalMillis,
    exportTimeoutMillis
  })
}
