import type { Config } from './config.ts'
import type { UpstreamSettings } from './plugins/upstreams.ts'

/** How all upstreams of a gateway are called. */
export function upstreamSettings(config: Config): UpstreamSettings {
  return {
    tls: tlsOf(config),
    connectTimeoutMs: config.UPSTREAM_CONNECT_TIMEOUT_MS,
    waitForReadyMs: config.UPSTREAM_WAIT_FOR_READY_MS,
    balancing: config.UPSTREAM_BALANCING,
    health: {
      mode: config.UPSTREAM_HEALTH,
      intervalMs: config.UPSTREAM_HEALTH_INTERVAL_MS,
      timeoutMs: config.HEALTH_TIMEOUT_MS
    },
    outliers: config.UPSTREAM_OUTLIERS === 'eject' ? {} : null,
    resolve: { allowLoopback: config.UPSTREAM_ALLOW_LOOPBACK === 'true' },
    bulkhead: { maxInFlight: config.UPSTREAM_MAX_IN_FLIGHT, maxWaiting: config.UPSTREAM_MAX_WAITING },
    maxStreams: config.UPSTREAM_MAX_STREAMS,
    maxAttempts: config.UPSTREAM_MAX_ATTEMPTS,
    retryBudget: { ratio: config.UPSTREAM_RETRY_RATIO }
  }
}

/** A target without a scheme is called by TLS as soon as anything is said about TLS. */
function tlsOf({ UPSTREAM_TLS_CA_FILE: ca, UPSTREAM_TLS_CERT_FILE: cert, UPSTREAM_TLS_KEY_FILE: key }: Config) {
  if (ca === null && cert === null && key === null) return null
  return { ...(ca !== null && { ca }), ...(cert !== null && { cert }), ...(key !== null && { key }) }
}
