import { type Meter, metrics as metricsApi } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    meter: Meter
  }
}

/** The bounds that the semantic conventions give for `http.server.request.duration`, in seconds. */
const secondsBounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

/**
 * Counts and times requests by method, route and status: under the names that the shop's dashboards know, and under the
 * stable name of the semantic conventions.
 */
export async function metrics(gateway: FastifyInstance) {
  const meter = metricsApi.getMeter('sluice')
  const requests = meter.createCounter('http.server.requests', { description: 'Requests answered.' })
  const duration = meter.createHistogram('http.server.duration', {
    description: 'Time from a request to its answer.',
    unit: 'ms',
    advice: { explicitBucketBoundaries: secondsBounds.map(bound => bound * 1000) }
  })
  const stableDuration = meter.createHistogram('http.server.request.duration', {
    description: 'Duration of HTTP server requests.',
    unit: 's',
    advice: { explicitBucketBoundaries: secondsBounds }
  })

  gateway.decorate('meter', meter)

  gateway.onCompleted((request, reply, status) => {
    const { route } = request
    const ms = reply.elapsedTime
    const attributes = {
      'http.method': request.method,
      'http.status_code': status,
      ...(route !== null && { 'http.route': route })
    }
    requests.add(1, attributes)
    duration.record(ms, attributes)
    stableDuration.record(ms / 1000, {
      'http.request.method': request.method,
      'http.response.status_code': status,
      'url.scheme': request.protocol,
      ...(route !== null && { 'http.route': route }),
      ...(status >= 500 && { 'error.type': String(status) })
    })
  })
}

export default fp(metrics, {
  name: 'sluice-metrics',
  fastify: '5.x',
  dependencies: ['sluice-completion', 'sluice-tracing']
})
