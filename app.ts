import Fastify, { type FastifyInstance, LogController } from 'fastify'
import type { Config } from './config.ts'
import comments from './gen/comments.json' with { type: 'json' }
import { serverOptions } from './lib/http/server-options.ts'
import { limitingSettings } from './limiting-settings.ts'
import packageJson from './package.json' with { type: 'json' }
import accessLog from './plugins/access-log.ts'
import admin from './plugins/admin.ts'
import auth from './plugins/auth.ts'
import breaking from './plugins/breaking.ts'
import completion from './plugins/completion.ts'
import drain from './plugins/drain.ts'
import errors from './plugins/errors.ts'
import guard, { everyRequest } from './plugins/guard.ts'
import health from './plugins/health.ts'
import limiting from './plugins/limiting.ts'
import metrics from './plugins/metrics.ts'
import openapi from './plugins/openapi.ts'
import overload from './plugins/overload.ts'
import proxy, { type ProxyRoute } from './plugins/proxy.ts'
import tracing from './plugins/tracing.ts'
import transcoding from './plugins/transcoding.ts'
import upstreams, { type UpstreamOptions } from './plugins/upstreams.ts'
import { shop, shopUpstreams } from './shop.ts'
import { upstreamSettings } from './upstream-settings.ts'
import { sharedStore } from './workers.ts'

/** Builds the gateway of the shop, as `buildEdge` does. */
export function buildGateway(config: Config): FastifyInstance {
  const gateway = buildEdge(config, shopUpstreams(config))
  gateway.register(shop)
  return gateway
}

/**
 * Builds a gateway without routes, before `upstreams`; it does not listen. Await it to have everything compiled; it rejects
 * with a StartError or a RuleError when something is wrong. Telemetry must have started before.
 *
 * The order of the plugins is the way of a request.
 */
export function buildEdge(config: Config, upstreamsByName: Record<string, UpstreamOptions>): FastifyInstance {
  const options = serverOptions({
    logLevel: config.LOG_LEVEL,
    bodyLimit: config.BODY_LIMIT,
    trustProxy: config.TRUST_PROXY,
    requestTimeoutMs: config.REQUEST_TIMEOUT_MS,
    keepAliveTimeoutMs: config.KEEP_ALIVE_TIMEOUT_MS,
    upstreamTimeoutMs: config.UPSTREAM_TIMEOUT_MS
  })
  // One line per request is the access log's.
  const logController = new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' })
  const gateway = Fastify({ ...options, ...everyRequest, logController })
  gateway.server.maxConnections = config.MAX_CONNECTIONS

  // These only look on, and see what the guard refuses too.
  gateway.register(completion)
  gateway.register(tracing, { detailed: config.TRACING === 'detailed' })
  gateway.register(errors)
  gateway.register(accessLog)
  gateway.register(metrics)

  gateway.register(drain)
  gateway.register(guard, { trustedProxies: config.TRUST_PROXY })
  gateway.register(overload)
  gateway.register(limiting, limitingSettings(config, sharedStore()))
  gateway.register(auth, {
    secret: config.JWT_SECRET,
    keySet:
      config.JWT_JWKS_URL === null
        ? null
        : { url: config.JWT_JWKS_URL, allowHttp: config.JWT_JWKS_ALLOW_HTTP === 'true' },
    issuer: config.JWT_ISSUER,
    audience: config.JWT_AUDIENCE
  })
  gateway.register(breaking, {
    windowMs: config.BREAKER_WINDOW_MS,
    minCalls: config.BREAKER_MIN_CALLS,
    failureRatio: config.BREAKER_FAILURE_RATIO,
    openMs: config.BREAKER_OPEN_MS,
    probes: config.BREAKER_PROBES
  })
  gateway.register(upstreams, {
    upstreams: upstreamsByName,
    settings: upstreamSettings(config),
    timeoutMs: config.UPSTREAM_TIMEOUT_MS
  })
  if (config.ADMIN_PORT !== null) {
    const { ADMIN_HOST: host, ADMIN_PORT: port, UPSTREAM_TIMEOUT_MS: timeoutMs } = config
    gateway.register(admin, { host, port, timeoutMs, settings: config })
  }
  gateway.register(health, { timeoutMs: config.HEALTH_TIMEOUT_MS })
  gateway.register(transcoding)
  if (config.PROXY_FILE !== null) {
    // What the file says is checked by the plugin.
    gateway.register(proxy, {
      routes: config.PROXY_FILE.routes as ProxyRoute[],
      timeoutMs: config.UPSTREAM_TIMEOUT_MS
    })
  }
  if (config.API_DOCS === 'on') gateway.register(openapi, { title: 'API', version: packageJson.version, comments })

  return gateway
}
