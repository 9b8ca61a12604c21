import { buildGateway } from './app.ts'
import { run } from './run.ts'

await run(buildGateway)
