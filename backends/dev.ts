// All five services in one process, on one PostgreSQL: for development and for `make start`. With DATABASE_URL the server
// that it names, otherwise an embedded one under .data/, which keeps its data between runs.
import { fileURLToPath } from 'node:url'
import { type RunningPostgres, startEmbeddedPostgres } from './embedded-postgres.ts'
import { startService } from './services.ts'
import { createLogger } from './shared/log.ts'
import { explain, stopOnSignal } from './shared/process.ts'
import type { RunningServer } from './shared/serve.ts'
import { readSettings, type ServiceName, servicePorts } from './shared/settings.ts'
import { startTelemetry } from './shared/telemetry.ts'

const databases: Record<ServiceName, string> = {
  user: 'users',
  product: 'products',
  order: 'orders',
  payment: 'payments',
  inventory: 'inventory'
}

try {
  await run()
} catch (error) {
  console.error(explain(error))
  process.exit(1)
}

async function run() {
  const telemetry = await startTelemetry('shop')
  const postgres = process.env.DATABASE_URL ? null : await startDevelopmentPostgres()
  const serverUrl = postgres?.url ?? process.env.DATABASE_URL!
  const servers: RunningServer[] = []

  async function close() {
    // Orders first: its flows call the others.
    await servers.find(server => server.port === servicePorts.order)?.close()
    await Promise.all(servers.map(server => server.close()))
    await postgres?.stop()
    await telemetry.shutdown()
  }

  stopOnSignal(close)
  try {
    const names = Object.keys(servicePorts) as ServiceName[]
    await Promise.all(names.map(async name => servers.push(await startOne(name, serverUrl))))
  } catch (error) {
    await close()
    throw error
  }
  process.send?.('ready')
}

async function startOne(name: ServiceName, serverUrl: string) {
  const url = new URL(serverUrl)
  url.pathname = `/${databases[name]}`
  const settings = readSettings(name, {
    PRODUCT_SERVICE_URL: localUrl('product'),
    INVENTORY_SERVICE_URL: localUrl('inventory'),
    PAYMENT_SERVICE_URL: localUrl('payment'),
    ...process.env,
    DATABASE_URL: url.href,
    // One PORT cannot serve five: each takes its default.
    PORT: ''
  })
  return startService(name, settings, createLogger(`${name}-service`, settings.logLevel))
}

function localUrl(name: ServiceName) {
  return `http://127.0.0.1:${servicePorts[name]}`
}

function startDevelopmentPostgres(): Promise<RunningPostgres> {
  return startEmbeddedPostgres({ dataDir: fileURLToPath(new URL('../.data/postgres', import.meta.url)) })
}
