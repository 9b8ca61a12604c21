import { metrics, trace } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader
} from '@opentelemetry/sdk-metrics'
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

/** Keeps spans in memory. Once per test file, before a gateway is built: providers are global. @returns those that ended so far */
export function recordSpans(): () => ReadableSpan[] {
  const spans = keepSpans()
  return () => spans.getFinishedSpans()
}

function keepSpans(): InMemorySpanExporter {
  const spans = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spans })] }))
  return spans
}

/** Keeps what is exported in memory. Once per test file, before a gateway is built: providers are global. */
export function recordTelemetry() {
  const spans = keepSpans()
  const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 3_600_000 })
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))

  return {
    /** The spans that ended so far, in that order. */
    spans: (): ReadableSpan[] => spans.getFinishedSpans(),

    /** Forgets the spans so far. */
    reset: () => spans.reset(),

    /** All metrics as they are now, by name. */
    async metrics(): Promise<Map<string, MetricData>> {
      await reader.forceFlush()
      const scopes = measured.getMetrics().at(-1)?.scopeMetrics ?? []
      return new Map(scopes.flatMap(scope => scope.metrics).map(metric => [metric.descriptor.name, metric]))
    }
  }
}

/** The span of this name; there must be one. */
export function findSpan(spans: ReadableSpan[], name: string): ReadableSpan {
  const span = spans.find(candidate => candidate.name === name)
  if (span === undefined)
    throw new Error(`no span "${name}" among ${spans.map(candidate => candidate.name).join(', ')}`)
  return span
}
