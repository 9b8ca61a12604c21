import type { Attributes } from '@opentelemetry/api'
import type { Target } from '../upstream/channel/target.ts'

/**
 * `server.address` and `server.port` of an upstream, as it is configured: of a list, all of it.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/registry/attributes/server/
 */
export function serverAttributes({ places: [place, ...others], text }: Target): Attributes {
  if (place === undefined || others.length > 0) return { 'server.address': text }
  switch (place.kind) {
    case 'address':
      return { 'server.address': place.host, 'server.port': place.port }
    case 'name':
      return { 'server.address': place.name, 'server.port': place.port }
    case 'srv':
      return { 'server.address': place.name }
    case 'unix':
      return { 'server.address': place.path }
  }
}
