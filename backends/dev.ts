// All five services in one process, on one PostgreSQL: for development and for `make start`. With DATABASE_URL the server
// that it names, otherwise an embedded one under .data/, which keeps its data between runs.
import { fileURLToPath } from 'node:url'
import { type RunningServices, startAllServices } from './all.ts'
import { startEmbeddedPostgres } from './embedded-postgres.ts'
import { explain, stopOnSignal } from './shared/process.ts'
import { startTelemetry } from './shared/telemetry.ts'

const dataDir = fileURLToPath(new URL('../.data/postgres', import.meta.url))

try {
  await run()
} catch (error) {
  console.error(explain(error))
  process.exit(1)
}

async function run() {
  const telemetry = await startTelemetry('shop')
  const postgres = process.env.DATABASE_URL ? null : await startEmbeddedPostgres({ dataDir })
  let services: RunningServices | null = null

  async function close() {
    await services?.close()
    await postgres?.stop()
    await telemetry.shutdown()
  }

  stopOnSignal(close)
  try {
    services = await startAllServices(postgres?.url ?? process.env.DATABASE_URL!, process.env)
  } catch (error) {
    await close()
    throw error
  }
  // For a supervisor that waits for it.
  process.send?.('ready')
}
