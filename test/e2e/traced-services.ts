// The five services as a process of their own, on free ports: the program that test/e2e/trace.test.ts runs.
import { startAllServices } from '../../backends/all.ts'
import { stopOnSignal } from '../../backends/shared/process.ts'
import { startTelemetry } from '../../backends/shared/telemetry.ts'

const telemetry = await startTelemetry('shop')
const services = await startAllServices(process.env.DATABASE_URL!, process.env, true)
stopOnSignal(async () => {
  await services.close()
  await telemetry.shutdown()
})
process.send!({ urls: services.urls })
