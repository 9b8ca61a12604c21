// One service as a process: node backends/main.ts <user|product|order|payment|inventory>

import { startService } from './services.ts'
import { createLogger } from './shared/log.ts'
import { explain, stopOnSignal } from './shared/process.ts'
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
  stopOnSignal(async () => {
    await server.close()
    await telemetry.shutdown()
  })
  // Last: whoever reads this line may send a signal at once.
  log.info(`${name} service listening on ${server.url}`)
}

function readName(given: string | undefined): ServiceName {
  if (given !== undefined && Object.hasOwn(servicePorts, given)) return given as ServiceName
  throw new SettingsError(`usage: node backends/main.ts <${Object.keys(servicePorts).join('|')}>`)
}
