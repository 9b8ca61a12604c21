// One service as a process: node backends/main.ts <user|product|order|payment|inventory>

import { startService } from './services.ts'
import { createLogger } from './shared/log.ts'
import type { RunningServer } from './shared/serve.ts'
import { readSettings, type ServiceName, SettingsError, servicePorts } from './shared/settings.ts'
import { startTelemetry } from './shared/telemetry.ts'

try {
  await run(readName(process.argv[2]))
} catch (error) {
  console.error(explain(error))
  process.exit(1)
}

async function run(name: ServiceName): Promise<void> {
  const settings = readSettings(name, process.env)
  const log = createLogger(`${name}-service`, settings.logLevel)
  const telemetry = await startTelemetry(`${name}-service`)
  const server = await startService(name, settings, log)
  log.info(`${name} service listening on ${server.url}`)
  stopOnSignal(server, telemetry.shutdown)
}

function readName(given: string | undefined): ServiceName {
  if (given !== undefined && Object.hasOwn(servicePorts, given)) return given as ServiceName
  throw new SettingsError(`usage: node backends/main.ts <${Object.keys(servicePorts).join('|')}>`)
}

/** The first signal stops gracefully; the second ends at once. */
function stopOnSignal(server: RunningServer, flush: () => Promise<void>): void {
  let stopping = false
  async function stop(signal: NodeJS.Signals): Promise<void> {
    if (stopping) process.exit(signal === 'SIGINT' ? 130 : 143)
    stopping = true
    try {
      await server.close()
      await flush()
      process.exit(0)
    } catch (error) {
      console.error(explain(error))
      process.exit(1)
    }
  }
  process.on('SIGTERM', stop)
  process.on('SIGINT', stop)
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { code, address, port } = error as NodeJS.ErrnoException & { address?: string; port?: number }
  if (code === 'EADDRINUSE') return `port ${port} on ${address} is taken: set PORT to another`
  return error.message
}
