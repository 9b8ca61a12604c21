// What a configuration of Envoy is made of, in the names of its API (v3).

export type Part = Record<string, unknown>

/** @param type below `envoy.` */
export function typed(type: string, config: Part): Part {
  return { '@type': `type.googleapis.com/envoy.${type}`, ...config }
}

/** @param name below `envoy.filters.http.` */
export function httpFilter(name: string, type: string, config: Part = {}): Part {
  return {
    name: `envoy.filters.http.${name}`,
    typed_config: typed(`extensions.filters.http.${name}.v3.${type}`, config)
  }
}

export function grpcService(cluster: string): Part {
  return { envoy_grpc: { cluster_name: cluster }, timeout: '5s' }
}

/** A server of gRPC in plain text on 127.0.0.1. */
export function cluster(name: string, port: number, more: Part = {}): Part {
  return {
    name,
    type: 'STATIC',
    connect_timeout: '1s',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: loopback(port) } }] }]
    },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': typed(
        'extensions.upstreams.http.v3.HttpProtocolOptions',
        { explicit_http_config: { http2_protocol_options: {} } }
      )
    },
    ...more
  }
}

export function loopback(port: number): Part {
  return { socket_address: { address: '127.0.0.1', port_value: port } }
}
