import { metrics } from '@opentelemetry/api'
import { InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import t from 'tap'

/** Starts measuring for this test file, before a service asks for its meters; answers how to read what was measured. */
export function recordMetrics() {
  const exporter = new InMemoryMetricExporter(1)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  metrics.setGlobalMeterProvider(provider)
  t.teardown(() => provider.shutdown())

  /** The points of a metric, as attributes and value; of none when nothing was measured under that name. */
  return async (name: string) => {
    await reader.forceFlush()
    const scopes = exporter.getMetrics().at(-1)?.scopeMetrics ?? []
    const metric = scopes.flatMap(scope => scope.metrics).find(({ descriptor }) => descriptor.name === name)
    return metric?.dataPoints.map(({ attributes, value }) => ({ attributes, value })) ?? []
  }
}
