import { metrics } from '@opentelemetry/api'
import type { Resource } from '@opentelemetry/resources'
import { provideMetricsText } from './metrics-text.ts'
import type { ScrapeReader } from './scrape.ts'

/** Ends the export of telemetry. */
export interface Telemetry {
  /** Sends what is left, and stops. Never fails: a collector that is away keeps nobody from ending well. */
  shutdown(): Promise<void>
}

export interface TelemetryOptions {
  /** Where the collector takes OTLP/gRPC; empty: nothing is exported. */
  endpoint: string
  /** Whether metrics are asked for by `metricsText`. Default `false`; without it and an endpoint, nothing is loaded. */
  scrape?: boolean
  /** `service.name` of the resource. */
  serviceName: string
  /** `service.version` of the resource. */
  serviceVersion: string
}

/** What only the SDK's own spans do: as soon as one is set, they are used. */
const sdkVariables = /^OTEL_(?:SDK_DISABLED|TRACES_EXPORTER|EXPORTER_OTLP_TRACES_PROTOCOL|.+_LIMIT)$/

/**
 * Starts the export of spans and metrics by OTLP/gRPC, and the collection of metrics for whoever asks. Has to come before
 * the gateway is built: unlike tracers, meters do not find a provider that comes later. Sampling, batching and intervals are
 * what OTEL_* says.
 */
export async function startTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { endpoint, scrape = false, serviceName, serviceVersion } = options
  if (endpoint === '' && !scrape) return { shutdown: async () => {} }
  // The SDK takes its transport from the environment, and its own default is HTTP.
  process.env.OTEL_EXPORTER_OTLP_PROTOCOL ||= 'grpc'
  process.env.OTEL_LOGS_EXPORTER ||= 'none'
  const { detectResource } = await import('./resource.ts')
  const resource = detectResource(serviceName, serviceVersion)
  const reader = scrape ? await createScrapeReader() : null
  const started = endpoint === '' ? await startMetrics(resource, reader) : await startSdk(resource, reader)
  return {
    async shutdown() {
      await Promise.allSettled(started.map(part => part.shutdown()))
    }
  }
}

async function createScrapeReader(): Promise<ScrapeReader> {
  const { ScrapeReader } = await import('./scrape.ts')
  const reader = new ScrapeReader()
  provideMetricsText(format => reader.text(format))
  return reader
}

async function startMetrics(resource: Resource, reader: ScrapeReader | null): Promise<Telemetry[]> {
  const { MeterProvider } = await import('@opentelemetry/sdk-metrics')
  const provider = new MeterProvider({ resource, readers: reader === null ? [] : [reader] })
  metrics.setGlobalMeterProvider(provider)
  return [provider]
}

async function startSdk(resource: Resource, reader: ScrapeReader | null): Promise<Telemetry[]> {
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  const tracing = usesSdkSpans() ? null : (await import('./export-spans.ts')).exportSpans(resource)
  const metricReaders = reader === null ? null : [reader, (await import('./push-metrics.ts')).createPushReader()]
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    ...(tracing !== null && { spanProcessors: [] }),
    ...(metricReaders !== null && { metricReaders: metricReaders.filter(reader => reader !== null) })
  })
  sdk.start()
  return tracing === null ? [sdk] : [sdk, tracing]
}

function usesSdkSpans(): boolean {
  const isSet = Object.entries(process.env).some(([name, value]) => sdkVariables.test(name) && value !== '')
  return isSet || process.env.OTEL_EXPORTER_OTLP_PROTOCOL !== 'grpc'
}
