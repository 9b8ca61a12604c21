import Fastify, { type FastifyInstance, LogController } from 'fastify'
import fp from 'fastify-plugin'
import { RequestError, StartError } from '../errors.ts'
import { listenFailed } from '../lib/http/listen-failed.ts'
import { maskedSettings } from './admin/masked.ts'
import { addMetricsRoute } from './admin/metrics-route.ts'
import { collectPlainRoutes, reportOf } from './admin/route-report.ts'
import { answerFailure } from './errors.ts'

export interface AdminOptions {
  /** The address to listen on. It has no login: one that only operators reach. Default `127.0.0.1`. */
  host?: string
  /** The port to listen on; 0 for any free one. */
  port: number
  /** What `GET /config` tells, with secrets masked. Default: nothing. */
  settings?: Readonly<Record<string, unknown>>
  /** The deadline of calls whose policy names none, for `GET /routes`, in milliseconds. Default 5,000. */
  timeoutMs?: number
}

declare module 'fastify' {
  interface FastifyInstance {
    /** What operators ask, on a port of its own. Plugins add their routes while they are registered. */
    admin: FastifyInstance
  }
}

const levels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/**
 * What operators ask of a running gateway, on a port that clients do not reach: how every upstream is, the routes, the
 * limits, the settings, and the level of the log, which they may change. It listens when the gateway is ready, and until it
 * is closed.
 *
 * @throws {StartError} SLUICE_ERR_OPTION_INVALID
 */
export async function admin(gateway: FastifyInstance, options: AdminOptions) {
  const { host, port, settings, timeoutMs } = checkOptions(options)
  const server = createServer(gateway)
  const plainRoutes = collectPlainRoutes(gateway)

  // Of an application that lacks one of the others, there is nothing to tell.
  const has = (name: 'upstreams' | 'transcodedRoutes' | 'limits') => gateway.hasDecorator(name)
  server.get('/upstreams', async () => ({
    upstreams: has('upstreams') ? Object.values(gateway.upstreams).map(upstream => upstream.state()) : []
  }))
  server.get('/routes', async () => {
    return reportOf(has('transcodedRoutes') ? gateway.transcodedRoutes : [], plainRoutes, timeoutMs)
  })
  server.get('/limits', async () => ({ limits: has('limits') ? gateway.limits.state() : [] }))
  server.get('/config', async () => ({ config: maskedSettings(settings) }))
  addMetricsRoute(server)
  server.get('/log-level', async () => ({ level: gateway.log.level }))
  server.put('/log-level', async request => {
    const { level } = (request.body ?? {}) as { level?: unknown }
    if (typeof level !== 'string' || !levels.includes(level)) {
      throw new RequestError('SLUICE_ERR_LOG_LEVEL', { args: [levels.join(', ')] })
    }
    gateway.log.warn({ level }, 'the level of the log is changed')
    gateway.log.level = level
    return { level }
  })

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

function checkOptions({ host = '127.0.0.1', port, settings = {}, timeoutMs = 5_000 }: AdminOptions) {
  if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) throw invalid('port must be from 0 to 65535')
  if (!(timeoutMs > 0)) throw invalid('timeoutMs must be above 0')
  return { host, port, settings, timeoutMs }
}

function invalid(problem: string): StartError {
  return new StartError('SLUICE_ERR_OPTION_INVALID', ['admin', problem])
}

/** A server of its own, which answers what goes wrong as the gateway does. */
function createServer(gateway: FastifyInstance): FastifyInstance {
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
  // A page that somebody reads on this machine must not change anything: no type of body that needs no permission of ours.
  server.removeContentTypeParser('text/plain')
  return server
}

export default fp(admin, { name: 'sluice-admin', fastify: '5.x', dependencies: ['sluice-errors'] })
