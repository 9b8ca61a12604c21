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

/**
 * Starts the export of spans and metrics by OTLP/gRPC. Has to come before the gateway is built: unlike tracers, meters do
 * not find a provider that comes later. Sampling, batching and intervals are what OTEL_* says.
 */
export async function startTelemetry({ endpoint, serviceName, serviceVersion }: TelemetryOptions): Promise<Telemetry> {
  if (endpoint === '') return { shutdown: async () => {} }
  // The SDK takes its transport from the environment, and its own default is HTTP.
  process.env.OTEL_EXPORTER_OTLP_PROTOCOL ||= 'grpc'
  process.env.OTEL_LOGS_EXPORTER ||= 'none'
  const [{ NodeSDK }, { defaultResource, resourceFromAttributes }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/resources')
  ])
  const resource = resourceFromAttributes({ 'service.version': serviceVersion })
  const sdk = new NodeSDK({ serviceName, resource: defaultResource().merge(resource) })
  sdk.start()
  return { shutdown: () => sdk.shutdown().catch(() => {}) }
}
