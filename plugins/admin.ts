import Fastify, { type FastifyInstance, LogController } from 'fastify'
import fp from 'fastify-plugin'
import { RequestError } from '../errors.ts'
import { listenFailed } from '../lib/http/listen-failed.ts'
import { answerFailure } from './errors.ts'

export interface AdminOptions {
  /** The address to listen on. It has no login: one that only operators reach. Default `127.0.0.1`. */
  host?: string
  /** The port to listen on; 0 for any free one. */
  port: number
}

declare module 'fastify' {
  interface FastifyInstance {
    /** What operators ask, on a port of its own. Plugins add their routes while they are registered. */
    admin: FastifyInstance
  }
}

/**
 * What operators ask of a running gateway, on a port that clients do not reach: `GET /upstreams`, how every upstream is. It
 * listens when the gateway is ready, and until it is closed.
 */
async function admin(gateway: FastifyInstance, { host = '127.0.0.1', port }: AdminOptions) {
  const logController = new LogController({ disableRequestLogging: true })
  const server: FastifyInstance = Fastify({
    loggerInstance: gateway.log,
    logController,
    frameworkErrors: answerFailure
  })
  server.decorate('pathGuides', [])
  server.decorateRequest('failure', null)
  server.setErrorHandler(answerFailure)
  server.setNotFoundHandler((request, reply) =>
    answerFailure(new RequestError('SLUICE_ERR_ROUTE_NOT_FOUND'), request, reply)
  )

  server.get('/upstreams', async () => ({
    upstreams: Object.values(gateway.upstreams).map(upstream => upstream.state())
  }))

  gateway.decorate('admin', server)

  gateway.addHook('onReady', async function listen() {
    try {
      const address = await server.listen({ host, port })
      gateway.log.info({ address }, 'admin listens')
    } catch (error) {
      throw listenFailed(host, port, error)
    }
  })

  gateway.addHook('onClose', async function close() {
    await server.close()
  })
}

export default fp(admin, {
  name: 'sluice-admin',
  fastify: '5.x',
  dependencies: ['sluice-errors', 'sluice-upstreams']
})
