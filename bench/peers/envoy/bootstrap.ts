import type { PeerSettings } from '../../peer.ts'
import { circuit, collectorCluster, guards, metrics, tracing } from './concerns.ts'
import { cluster, httpFilter, loopback, type Part, typed } from './parts.ts'

const shop = 'shop'
const services = ['bench.v1.ShopService']
/** One of the cases has a large body. */
const maxBodyBytes = 2 * 1024 * 1024
/** As many requests at a time as there are connections. */
const thresholds = ['max_connections', 'max_pending_requests', 'max_requests'].map(name => [name, 65_536])

/**
 * The configuration of Envoy, as it is read from a file.
 *
 * @param descriptors where the descriptor set is
 */
export function bootstrap(settings: PeerSettings, descriptors: string): Part {
  const isFull = settings.mode === 'full'
  const upstream = cluster(shop, settings.upstreamPort, {
    per_connection_buffer_limit_bytes: maxBodyBytes,
    circuit_breakers: { thresholds: [Object.fromEntries(thresholds)] },
    ...(isFull && circuit)
  })
  return {
    static_resources: {
      listeners: [listener(settings, descriptors)],
      clusters: isFull ? [upstream, collectorCluster(settings)] : [upstream]
    },
    ...(isFull && metrics)
  }
}

function listener(settings: PeerSettings, descriptors: string): Part {
  const isFull = settings.mode === 'full'
  const manager = typed('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager', {
    stat_prefix: 'edge',
    codec_type: 'HTTP1',
    // An id for each request belongs to what `full` is.
    generate_request_id: isFull,
    http_filters: [
      ...(isFull ? guards(settings) : []),
      transcoder(settings, descriptors),
      httpFilter('router', 'Router')
    ],
    route_config: {
      virtual_hosts: [
        { name: shop, domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster: shop, timeout: '5s' } }] }
      ]
    },
    ...(isFull && tracing(settings))
  })
  return {
    name: 'edge',
    address: loopback(settings.port),
    per_connection_buffer_limit_bytes: maxBodyBytes,
    filter_chains: [{ filters: [{ name: 'envoy.filters.network.http_connection_manager', typed_config: manager }] }]
  }
}

/** Prints as all contenders do, and refuses what matches no rule, instead of passing it on. */
function transcoder({ extraRoutes }: PeerSettings, descriptors: string): Part {
  return httpFilter('grpc_json_transcoder', 'GrpcJsonTranscoder', {
    proto_descriptor: descriptors,
    services: extraRoutes > 0 ? [...services, 'bench.v1.FillerService'] : services,
    print_options: {
      preserve_proto_field_names: true,
      always_print_primitive_fields: true,
      stream_newline_delimited: true
    },
    convert_grpc_status: true,
    max_request_body_size: maxBodyBytes,
    request_validation_options: {
      reject_unknown_method: true,
      reject_unknown_query_parameters: true
    }
  })
}
