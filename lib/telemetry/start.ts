import type { Resource } from '@opentelemetry/resources'

/** Ends the export of telemetry. */
export interface Telemetry {
  /** Sends what is left, and stops. Never fails: a collector that is away keeps nobody from ending well. */
  shutdown(): Promise<void>
}

export interface TelemetryOptions {
  /** Where the collector takes OTLP/gRPC; empty: nothing is loaded, nothing is exported. */
  endpoint: string
  /** `service.name` of the resource. */
  serviceName: string
  /** `service.version` of the resource. */
  serviceVersion: string
}

/** What only the SDK's own spans do: as soon as one is set, they are used. */
const sdkVariables = /^OTEL_(?:SDK_DISABLED|TRACES_EXPORTER|EXPORTER_OTLP_TRACES_PROTOCOL|.+_LIMIT)$/

/**
 * Starts the export of spans and metrics by OTLP/gRPC. Has to come before the gateway is built: unlike tracers, meters do
 * not find a provider that comes later. Sampling, batching and intervals are what OTEL_* says.
 */
export async function startTelemetry({ endpoint, serviceName, serviceVersion }: TelemetryOptions): Promise<Telemetry> {
  if (endpoint === '') return { shutdown: async () => {} }
  // The SDK takes its transport from the environment, and its own default is HTTP.
  process.env.OTEL_EXPORTER_OTLP_PROTOCOL ||= 'grpc'
  process.env.OTEL_LOGS_EXPORTER ||= 'none'
  const [{ NodeSDK }, resource] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    detectResource(serviceName, serviceVersion)
  ])
  const tracing = usesSdkSpans() ? null : (await import('./export-spans.ts')).exportSpans(resource)
  const sdk = new NodeSDK({
    resource,
    autoDetectResources: false,
    ...(tracing !== null && { spanProcessors: [] })
  })
  sdk.start()
  return {
    async shutdown() {
      await Promise.allSettled([sdk.shutdown(), tracing?.shutdown()])
    }
  }
}

function usesSdkSpans(): boolean {
  const isSet = Object.entries(process.env).some(([name, value]) => sdkVariables.test(name) && value !== '')
  return isSet || process.env.OTEL_EXPORTER_OTLP_PROTOCOL !== 'grpc'
}

/** What is known of this process, with the names that it was given over it. */
async function detectResource(serviceName: string, serviceVersion: string): Promise<Resource> {
  const resources = await import('@opentelemetry/resources')
  const { defaultResource, detectResources, resourceFromAttributes } = resources
  const { serviceInstanceIdDetector, processDetector, hostDetector, osDetector, envDetector } = resources
  const detectors = [serviceInstanceIdDetector, processDetector, hostDetector, osDetector, envDetector]
  return defaultResource()
    .merge(resourceFromAttributes({ 'service.version': serviceVersion }))
    .merge(detectResources({ detectors }))
    .merge(resourceFromAttributes({ 'service.name': serviceName }))
}
