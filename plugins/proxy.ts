import httpProxy from '@fastify/http-proxy'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'
import { compileForward } from './proxy/forward.ts'
import { type CheckedRoute, checkOptions, type ProxyOptions } from './proxy/options.ts'
import { streamBodies } from './proxy/request-body.ts'

export type { ProxyOptions, ProxyRoute } from './proxy/options.ts'

/** Beyond the time for the whole request and its answer: only a handler that hangs on something else ever gets there. */
const handlerGraceMs = 250
const maxHeaderBytes = 16 * 1024
const connectTimeoutMs = 5_000

/**
 * Passes on the paths below some prefixes to plain HTTP services, with the guard, the limits, the authentication, the
 * circuit and the trace that rpcs have. By @fastify/http-proxy, of whose ways only that one is open: no WebSocket, nothing
 * tried again, no connection used again, and certificates are verified.
 *
 * @throws {StartError} SLUICE_ERR_OPTION_INVALID
 */
export async function proxy(gateway: FastifyInstance, options: ProxyOptions) {
  const taken = gateway.hasDecorator('upstreams') ? Object.keys(gateway.upstreams) : []
  for (const route of checkOptions(options, taken)) {
    await gateway.register(async scope => addRoute(scope, route), { prefix: route.mapping.prefix })
  }
}

function addRoute(scope: FastifyInstance, route: CheckedRoute): void {
  const { mapping, policy, timeoutMs, maxInFlight, maxAnswerBytes, ca } = route
  streamBodies(scope)
  scope.addHook('onRoute', function allowTime(added) {
    added.handlerTimeout = Math.ceil(scope.server.requestTimeout + timeoutMs + handlerGraceMs)
  })
  scope.register(httpProxy, {
    upstream: `${mapping.origin}${mapping.basePath}`,
    rewritePrefix: mapping.basePath || '/',
    internalRewriteLocationHeader: false,
    proxyPayloads: false,
    config: { policy },
    handler: compileForward(scope, route),
    // It would try a GET again that was answered with 503, as often and as soon as the upstream says.
    retryMethods: [],
    disableCache: true,
    disableRequestLogging: true,
    destroyAgent: true,
    undici: {
      // A connection is for one request: what an upstream sends unasked for reaches nobody else.
      pipelining: 0,
      connections: maxInFlight,
      maxHeaderSize: maxHeaderBytes,
      maxResponseSize: maxAnswerBytes,
      // By itself, @fastify/reply-from verifies no certificate.
      connect: {
        timeout: Math.min(timeoutMs, connectTimeoutMs),
        rejectUnauthorized: true,
        ...(ca !== undefined && { ca })
      }
    }
  })
}

export default fp(proxy, {
  name: 'sluice-proxy',
  fastify: '5.x',
  dependencies: ['sluice-tracing', 'sluice-errors', 'sluice-guard', 'sluice-limiting', 'sluice-auth', 'sluice-breaking']
})
