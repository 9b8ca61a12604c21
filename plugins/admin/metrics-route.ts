import type { FastifyInstance } from 'fastify'
import { RequestError } from '../../errors.ts'
import { metricsText } from '../../lib/telemetry/metrics-text.ts'

const textType = 'text/plain; version=0.0.4; charset=utf-8'
const openMetricsType = 'application/openmetrics-text; version=1.0.0; charset=utf-8'

/** `GET /metrics`: what Prometheus scrapes; in OpenMetrics, with exemplars, for who asks for it. Not found: none are collected. */
export function addMetricsRoute(server: FastifyInstance): void {
  server.get('/metrics', async (request, reply) => {
    const isOpen = request.headers.accept?.includes('application/openmetrics-text') ?? false
    const text = await metricsText(isOpen ? 'openmetrics' : 'text')
    if (text === null) throw new RequestError('SLUICE_ERR_ROUTE_NOT_FOUND')
    return reply.type(isOpen ? openMetricsType : textType).send(text)
  })
}
