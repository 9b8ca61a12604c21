// `make start`: the whole shop behind the gateway, without containers. Two processes: the five services on their
// PostgreSQL (backends/dev.ts) and the gateway (server.ts). Ctrl-C stops both, the gateway first.
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { type Child, runChild } from './start/child.ts'
import { takenPorts } from './start/ports.ts'

const services = { user: 9001, product: 9002, order: 9003, payment: 9004, inventory: 9005 }
const readyTimeoutMs = 60_000
// Longer than the processes' own grace (10 s), so that they finish what they have begun and are not cut off here.
const stopGraceMs = 15_000

const port = Number(process.env.PORT || 8080)
const gatewayUrl = `http://localhost:${port}`
const children: Child[] = []
let stopping = false

process.on('SIGINT', () => stop(0))
process.on('SIGTERM', () => stop(0))
try {
  await start()
} catch (error) {
  if (!stopping) {
    console.error(`sluice: ${error instanceof Error ? error.message : error}`)
    await stop(1)
  }
}

async function start() {
  if (!(port >= 1 && port <= 65_535))
    throw new Error(`PORT must be a number from 1 to 65535, not "${process.env.PORT}"`)
  const taken = await takenPorts([port, ...Object.values(services)])
  if (taken.length > 0) throw new Error(`port ${taken.join(', ')} is taken; is the shop already running?`)
  const env = {
    NODE_ENV: 'development',
    // Made for this run only: the tokens of an earlier run are refused.
    JWT_SECRET: randomBytes(32).toString('base64url'),
    SEED_CATALOGUE: 'true',
    LOG_LEVEL: 'warn',
    ...process.env
  }
  console.log('Starting the shop; the first start makes its databases.')
  await launch('services', 'backends/dev.ts', env)
  await launch('gateway', 'server.ts', { ...env, PORT: String(port) })
  announce()
}

/** Runs a program until it says that it is ready. Throws when it ends instead; later, its end ends the shop. */
async function launch(name: string, file: string, env: NodeJS.ProcessEnv) {
  const child = runChild({ name, file, env })
  children.push(child)
  const ended = child.exited.then(how => {
    throw new Error(`the ${name} ended (${how})${child.lastError() === '' ? '' : `: ${child.lastError()}`}`)
  })
  const late = delay(readyTimeoutMs, null, { ref: false }).then(() => {
    throw new Error(`the ${name} did not become ready within ${readyTimeoutMs / 1000} s`)
  })
  await Promise.race([child.ready, ended, late])
  ended.catch(async error => {
    if (stopping) return
    console.error(`sluice: ${error.message}`)
    await stop(1)
  })
}

function announce() {
  for (const [name, servicePort] of Object.entries(services)) {
    console.log(`  ${`${name} service`.padEnd(18)} grpc://localhost:${servicePort}`)
  }
  console.log(`  ${'gateway'.padEnd(18)} ${gatewayUrl}`)
  console.log(`Ready. Try:  curl ${gatewayUrl}/api/v1/products    Stop with Ctrl-C.`)
}

async function stop(exitCode: number) {
  if (stopping) return
  stopping = true
  if (exitCode === 0) console.log('\nStopping.')
  for (const child of children.toReversed()) await child.stop(stopGraceMs)
  process.exit(exitCode)
}
