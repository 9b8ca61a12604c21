import { startService } from './services.ts'
import { createLogger } from './shared/log.ts'
import type { RunningServer } from './shared/serve.ts'
import { readSettings, type ServiceName } from './shared/settings.ts'

/** The database of each service, on one PostgreSQL server. */
export const databaseNames: Record<ServiceName, string> = {
  user: 'users',
  product: 'products',
  order: 'orders',
  payment: 'payments',
  inventory: 'inventory'
}

/** Where the services of one process are found. */
export interface RunningServices {
  /** `http://host:port` of each. */
  urls: Record<ServiceName, string>
  servers: Record<ServiceName, RunningServer>
  /** Stops all of them: orders first, because their flows call the others. */
  close(): Promise<void>
}

/**
 * Starts all five services in this process, each on its own database of one PostgreSQL server.
 *
 * @param serverUrl The server, as `postgres://user:password@host:port`; its path is replaced.
 * @param env The settings of the services, as in their environment.
 * @param freePorts Take any free ports instead of the services' own.
 */
export async function startAllServices(
  serverUrl: string,
  env: NodeJS.ProcessEnv,
  freePorts = false
): Promise<RunningServices> {
  const servers: Partial<Record<ServiceName, RunningServer>> = {}

  async function start(name: ServiceName, peers: NodeJS.ProcessEnv = {}) {
    const database = new URL(serverUrl)
    database.pathname = `/${databaseNames[name]}`
    // One PORT cannot serve five: each takes its default.
    const port = freePorts ? '0' : ''
    const settings = readSettings(name, { ...env, ...peers, DATABASE_URL: database.href, PORT: port })
    servers[name] = await startService(name, settings, createLogger(`${name}-service`, settings.logLevel))
  }

  async function close() {
    await servers.order?.close()
    await Promise.all(Object.values(servers).map(server => server.close()))
  }

  try {
    await settleAll([start('user'), start('product'), start('payment'), start('inventory')])
    await start('order', {
      PRODUCT_SERVICE_URL: servers.product!.url,
      PAYMENT_SERVICE_URL: servers.payment!.url,
      INVENTORY_SERVICE_URL: servers.inventory!.url
    })
  } catch (error) {
    await close()
    throw error
  }
  const running = servers as Record<ServiceName, RunningServer>
  const urls = Object.fromEntries(Object.entries(running).map(([name, server]) => [name, server.url]))
  return { urls: urls as Record<ServiceName, string>, servers: running, close }
}

/** Like Promise.all, but settles only when everything has: what started meanwhile can then be closed too. */
async function settleAll(work: Promise<void>[]) {
  for (const result of await Promise.allSettled(work)) if (result.status === 'rejected') throw result.reason
}
