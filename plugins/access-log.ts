import type { FastifyInstance } from 'fastify'
import fp from 'fastify-plugin'

/**
 * One line per request: what was asked, by route, and what came of it. Never a path, a query, a body or a token. Its trace
 * and its span are on it, as on every line of a request.
 */
export async function accessLog(gateway: FastifyInstance) {
  gateway.onCompleted((request, reply, status) => {
    request.log.info(
      {
        method: request.method,
        route: request.route,
        status,
        ms: Math.round(reply.elapsedTime * 1000) / 1000,
        ...(request.failure !== null && { reason: request.failure.reason })
      },
      'request'
    )
  })
}

export default fp(accessLog, {
  name: 'sluice-access-log',
  fastify: '5.x',
  dependencies: ['sluice-completion', 'sluice-tracing', 'sluice-errors']
})
