import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import type { FastifyInstance } from 'fastify'
import { type Config, loadConfig } from './config.ts'
import { StartError } from './errors.ts'
import { listenFailed } from './lib/http/listen-failed.ts'
import { RuleError } from './lib/httprule/rules.ts'
import { startTelemetry, type Telemetry } from './lib/telemetry/start.ts'
import packageJson from './package.json' with { type: 'json' }
import { isWorker, onStopMessage, runWorkers, workerIndex } from './workers.ts'

/** How long the answers of requests that are cut off may take to leave. */
const lastAnswersMs = 100

/**
 * Keeps V8 from allocating among the old what has outlived collections before. Nothing of a request lives long; but under
 * load much is in flight at a collection, and lists of listeners then start as old objects, which keep their requests until
 * the next full collection. In about a third of all starts that cost 10 to 20 of some 40 µs per request, for good.
 */
const noPretenuring = '--no-allocation-site-pretenuring'

/** Makes the gateway of a process. What it throws keeps the process from starting, told in one line if somebody can mend it. */
export type Build = (config: Config) => FastifyInstance | Promise<FastifyInstance>

/** The process of a gateway: what starts it, and what ends it. Nothing else touches signals, or exits. */
export async function run(build: Build, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  try {
    const config = loadConfig(env)
    if (config.WORKERS > 1 && !isWorker) runWorkers(config)
    else await start(build, isWorker ? ofWorker(config) : config)
  } catch (error) {
    fail(error)
  }
}

/** Ends the process that cannot start, with what is wrong on standard error. */
export function fail(error: unknown): never {
  console.error(`sluice: ${explain(error)}`)
  process.exit(1)
}

async function start(build: Build, config: Config): Promise<void> {
  setFlagsFromString(noPretenuring)
  const telemetry = await startTelemetry({
    endpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
    scrape: config.ADMIN_PORT !== null,
    serviceName: 'api-gateway',
    serviceVersion: packageJson.version
  })
  const gateway = await build(config)
  await gateway.ready()
  await listen(gateway, config)
  if (isWorker) onStopMessage(() => void stopAndExit(gateway, telemetry, config))
  else stopOnSignal(() => stop(gateway, telemetry, config))
  // To a parent that waits for it, over the channel that it opened.
  process.send?.('ready')
}

async function listen(gateway: FastifyInstance, { HOST: host, PORT: port }: Config): Promise<void> {
  try {
    await gateway.listen({ host, port })
  } catch (error) {
    throw listenFailed(host, port, error)
  }
}

/**
 * Balancers learn from `/ready` that the gateway leaves, and need a moment for it: until then requests are taken, and each
 * connection ends with its answer. Then the listener closes, and what is in flight may finish.
 */
async function stop(gateway: FastifyInstance, telemetry: Telemetry, config: Config): Promise<void> {
  gateway.drain()
  await delay(config.DRAIN_DELAY_MS)
  const cut = setTimeout(() => {
    gateway.log.warn('requests in flight did not finish in time and are cut off')
    gateway.cutOff()
    // What was answered just now has left by then.
    setTimeout(() => gateway.server.closeAllConnections(), lastAnswersMs).unref()
  }, config.DRAIN_TIMEOUT_MS)
  cut.unref()
  await gateway.close()
  clearTimeout(cut)
  await telemetry.shutdown()
}

async function stopAndExit(gateway: FastifyInstance, telemetry: Telemetry, config: Config): Promise<void> {
  await stop(gateway, telemetry, config)
  process.exit(0)
}

/** Each worker has an admin port of its own, one after the other: what they tell is about themselves. */
function ofWorker(config: Config): Config {
  const { ADMIN_PORT: port } = config
  return { ...config, ADMIN_PORT: port === null || port === 0 ? port : port + workerIndex }
}

/** One line for what somebody can mend; all there is for what nobody foresaw. */
function explain(error: unknown): string {
  if (error instanceof StartError || error instanceof RuleError) return error.message
  return error instanceof Error ? String(error.stack) : String(error)
}

/** Stops on the first SIGTERM or SIGINT; the second exits at once, with the status that a shell gives to it. */
function stopOnSignal(stop: () => Promise<void>): void {
  let stopping = false
  async function onSignal(signal: NodeJS.Signals): Promise<void> {
    if (stopping) process.exit(signal === 'SIGINT' ? 130 : 143)
    stopping = true
    await stop()
    process.exit(0)
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
}
