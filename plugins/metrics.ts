import { type Attributes, type Histogram, type Meter, metrics as metricsApi, TraceFlags } from '@opentelemetry/api'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { createExemplars } from '../lib/telemetry/exemplars.ts'
import { methodAttribute } from '../lib/telemetry/http-method.ts'
import { observeRuntime } from '../lib/telemetry/runtime-metrics.ts'

declare module 'fastify' {
  interface FastifyInstance {
    meter: Meter
  }
}

/** The bounds that the semantic conventions give for `http.server.request.duration`, in seconds. */
const secondsBounds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const stableName = 'http.server.request.duration'

/**
 * Counts and times requests by method, route and status: under the names that the shop's dashboards know, and under the
 * stable name of the semantic conventions. Tells also how the process is, and how many connections it has. No value of an
 * attribute is a client's: they come from the routes and from lists.
 */
export async function metrics(gateway: FastifyInstance) {
  const meter = metricsApi.getMeter('sluice')
  const requests = meter.createCounter('http.server.requests', { description: 'Requests answered.' })
  const duration = createDurations(meter)
  const describe = createDescriptions()

  gateway.decorate('meter', meter)

  gateway.onCompleted((request, reply, status) => {
    const attributes = describe(request, status)
    const ms = reply.elapsedTime
    requests.add(1, attributes.dashboard)
    duration.dashboard.record(ms, attributes.dashboard)
    duration.stable.record(ms / 1000, attributes.stable)
    const trace = request.span.spanContext()
    if ((trace.traceFlags & TraceFlags.SAMPLED) !== 0) duration.exemplars.offer(ms / 1000, attributes.stable, trace)
  })

  const forgetRuntime = observeRuntime(meter)
  const forgetConnections = observeConnections(gateway, meter)
  gateway.addHook('onClose', async function forget() {
    forgetRuntime()
    forgetConnections()
  })
}

function createDurations(meter: Meter) {
  const dashboard: Histogram = meter.createHistogram('http.server.duration', {
    description: 'Time from a request to its answer.',
    unit: 'ms',
    advice: { explicitBucketBoundaries: secondsBounds.map(bound => bound * 1000) }
  })
  const stable: Histogram = meter.createHistogram(stableName, {
    description: 'Duration of HTTP server requests.',
    unit: 's',
    advice: { explicitBucketBoundaries: secondsBounds }
  })
  return { dashboard, stable, exemplars: createExemplars(stableName, secondsBounds) }
}

interface Description {
  dashboard: Attributes
  stable: Attributes
}

/** The attributes of requests that differ in nothing that is told of them: made once. */
function createDescriptions() {
  const known = new Map<string, Description>()

  return ({ method, protocol, route }: FastifyRequest, status: number): Description => {
    const scheme = protocol === 'https' ? protocol : 'http'
    const key = `${scheme} ${status} ${method} ${route}`
    let description = known.get(key)
    if (description === undefined) {
      description = createDescription(methodAttribute(method), route, scheme, status)
      known.set(key, description)
    }
    return description
  }
}

function createDescription(method: string, route: string | null, scheme: string, status: number): Description {
  const http = route === null ? {} : { 'http.route': route }
  return {
    dashboard: { 'http.method': method, 'http.status_code': status, ...http },
    stable: {
      'http.request.method': method,
      'http.response.status_code': status,
      'url.scheme': scheme,
      ...http,
      ...(status >= 500 && { 'error.type': String(status) })
    }
  }
}

/** @returns what ends it */
function observeConnections({ server }: FastifyInstance, meter: Meter): () => void {
  const connections = meter.createObservableUpDownCounter('http.server.open_connections', {
    description: 'Connections of clients.',
    unit: '{connection}'
  })
  const observe: Parameters<typeof connections.addCallback>[0] = result =>
    new Promise(resolve => {
      server.getConnections((error, count) => {
        if (error === null) result.observe(count)
        resolve()
      })
    })
  connections.addCallback(observe)
  return () => connections.removeCallback(observe)
}

export default fp(metrics, {
  name: 'sluice-metrics',
  fastify: '5.x',
  dependencies: ['sluice-completion', 'sluice-tracing']
})
