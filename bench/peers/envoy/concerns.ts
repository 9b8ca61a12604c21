// What a production gateway does besides, by the filters and extensions that Envoy has for it.
import type { PeerSettings } from '../../peer.ts'
import { cluster, grpcService, httpFilter, type Part, typed } from './parts.ts'

/** More than is asked for: the limit is kept, and never refuses. */
const plenty = { max_tokens: 1_000_000, tokens_per_fill: 1_000_000, fill_interval: '1s' }
const collector = 'collector'

/** Before what transcodes: a limit for each address, then the token. */
export function guards({ jwt }: PeerSettings): Part[] {
  return [
    httpFilter('local_ratelimit', 'LocalRateLimit', {
      stat_prefix: 'limit',
      token_bucket: plenty,
      filter_enabled: always,
      filter_enforced: always,
      rate_limits: [{ actions: [{ remote_address: {} }] }],
      // An entry without a value stands for every address: each has a bucket of its own.
      descriptors: [{ entries: [{ key: 'remote_address' }], token_bucket: plenty }],
      always_consume_default_token_bucket: false
    }),
    httpFilter('jwt_authn', 'JwtAuthentication', {
      providers: {
        users: {
          issuer: jwt.issuer,
          audiences: [jwt.audience],
          local_jwks: { inline_string: JSON.stringify({ keys: [keyOf(jwt.secret)] }) },
          require_expiration: true,
          // Tokens that were verified before are not verified again.
          jwt_cache_config: { jwt_cache_size: 10_000 }
        }
      },
      rules: [{ match: { prefix: '/' }, requires: { provider_name: 'users' } }]
    })
  ]
}

/** A circuit: the upstream is left alone for a while after it has failed too often. */
export const circuit: Part = {
  outlier_detection: { consecutive_5xx: 5, interval: '1s', base_ejection_time: '10s', max_ejection_percent: 100 },
  // Else an upstream whose only host is ejected is called all the same.
  common_lb_config: { healthy_panic_threshold: { value: 0 } }
}

/** Of the connection manager: a span for the request, and one for its call. */
export function tracing({ sampling }: PeerSettings): Part {
  if (sampling === 0) return {}
  return {
    tracing: {
      // For requests without a trace; the others keep what their trace says.
      random_sampling: { value: sampling * 100 },
      spawn_upstream_span: true,
      provider: {
        name: 'envoy.tracers.opentelemetry',
        typed_config: typed('config.trace.v3.OpenTelemetryConfig', {
          grpc_service: grpcService(collector),
          service_name: 'envoy'
        })
      }
    }
  }
}

/** Of the whole program: what it counts, every 15 s. */
export const metrics: Part = {
  stats_flush_interval: '15s',
  stats_sinks: [
    {
      name: 'envoy.stat_sinks.open_telemetry',
      typed_config: typed('extensions.stat_sinks.open_telemetry.v3.SinkConfig', {
        grpc_service: grpcService(collector)
      })
    }
  ]
}

export function collectorCluster({ otlpPort }: PeerSettings): Part {
  return cluster(collector, otlpPort)
}

const always = { default_value: { numerator: 100, denominator: 'HUNDRED' } }

function keyOf(secret: string): Part {
  return { kty: 'oct', alg: 'HS256', k: Buffer.from(secret).toString('base64url') }
}
