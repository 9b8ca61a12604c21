import { setTimeout as delay } from 'node:timers/promises'
import { Code, type ConnectRouter } from '@connectrpc/connect'
import { Health, HealthCheckResponse_ServingStatus as ServingStatus } from '../../gen/grpc/health/v1/health_pb.ts'
import type { Backend } from './backend.ts'
import { failure } from './service-error.ts'

const watchIntervalMs = 1_000
const readyTimeoutMs = 2_000

/**
 * grpc.health.v1: SERVING while the backend is ready and the server is not on its way down. The empty name and the names of
 * the backend's services are known.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 * @param closing Aborted when the server begins to close.
 */
export function healthRoutes(backend: Backend, closing: AbortSignal): (router: ConnectRouter) => void {
  const known = new Set(['', ...backend.services.map(service => service.typeName)])

  async function statusOf(service: string): Promise<ServingStatus> {
    if (!known.has(service)) return ServingStatus.SERVICE_UNKNOWN
    const ready = !closing.aborted && (await isReady(backend))
    return ready ? ServingStatus.SERVING : ServingStatus.NOT_SERVING
  }

  return router =>
    router.service(Health, {
      async check({ service }) {
        const status = await statusOf(service)
        if (status === ServingStatus.SERVICE_UNKNOWN) {
          throw failure(Code.NotFound, 'SERVICE_UNKNOWN', 'unknown service')
        }
        return { status }
      },

      async list() {
        const statuses: Record<string, { status: ServingStatus }> = {}
        for (const name of known) statuses[name] = { status: await statusOf(name) }
        return { statuses }
      },

      async *watch({ service }, { signal }) {
        let told: ServingStatus | undefined
        while (!signal.aborted) {
          const status = await statusOf(service)
          if (status !== told) yield { status }
          told = status
          await delay(watchIntervalMs, undefined, { signal, ref: false }).catch(() => {})
        }
      }
    })
}

async function isReady(backend: Backend): Promise<boolean> {
  const timeout = AbortSignal.timeout(readyTimeoutMs)
  const late = new Promise<boolean>(resolve => timeout.addEventListener('abort', () => resolve(false), { once: true }))
  return Promise.race([backend.ready().catch(() => false), late])
}
