import { getStringListFromEnv } from '@opentelemetry/core'
import {
  defaultResource,
  detectResources,
  envDetector,
  hostDetector,
  osDetector,
  processDetector,
  type Resource,
  type ResourceDetector,
  resourceFromAttributes,
  serviceInstanceIdDetector
} from '@opentelemetry/resources'

/** By their names in OTEL_NODE_RESOURCE_DETECTORS, in the order of the SDK: what a later one says counts. */
const detectors: Readonly<Record<string, ResourceDetector>> = {
  serviceinstance: serviceInstanceIdDetector,
  process: processDetector,
  host: hostDetector,
  os: osDetector,
  env: envDetector
}

/** What is known of this process, as OTEL_RESOURCE_ATTRIBUTES and OTEL_NODE_RESOURCE_DETECTORS say, and the name that it is given. */
export function detectResource(serviceName: string, serviceVersion: string): Resource {
  const wanted = getStringListFromEnv('OTEL_NODE_RESOURCE_DETECTORS') ?? ['all']
  const isWanted = (name: string) => !wanted.includes('none') && (wanted.includes('all') || wanted.includes(name))
  const chosen = Object.entries(detectors).filter(([name]) => isWanted(name))
  return defaultResource()
    .merge(resourceFromAttributes({ 'service.version': serviceVersion }))
    .merge(detectResources({ detectors: chosen.map(([, detector]) => detector) }))
    .merge(resourceFromAttributes({ 'service.name': serviceName }))
}
