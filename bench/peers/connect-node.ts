import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import benchJson from '../package.json' with { type: 'json' }
import type { Peer, PeerSettings } from '../peer.ts'
import { startNode, telemetryEnvironment } from './node/start.ts'
import { versionsOf } from './node/versions.ts'

const run = promisify(execFile)
const bench = fileURLToPath(new URL('..', import.meta.url))
const telemetry = new URL('./node/naive/telemetry.ts', import.meta.url).href

/** The same idea as one builds it first: the stock parts, put together as their pages say. */
export const connectNode: Peer = {
  id: 'connect-node',
  title: 'Fastify + connect-node',
  modes: ['bare', 'full'],
  spans: 6,
  scales: true,
  remarks: [
    'With `full`: @fastify/jwt, @fastify/rate-limit, mollitia, @fastify/otel, instrumentation-http. Its circuit counts calls:',
    'the module of mollitia that counts by time copies up to a thousand of them for each. Streams pass the circuit by.'
  ].join(' '),
  version: async () =>
    versionsOf('@connectrpc/connect-node', 'fastify', '@opentelemetry/sdk-node', '@fastify/otel', 'mollitia'),
  async build() {
    if (Object.keys(benchJson.dependencies).every(name => existsSync(`${bench}node_modules/${name}`))) return null
    try {
      await run('npm', ['ci', '--loglevel=error'], { cwd: bench })
      return null
    } catch (error) {
      return `its packages cannot be installed: ${(error as Error).message}`
    }
  },
  async start(settings) {
    // Instrumentations have to be there before what they change.
    const execArgv = settings.mode === 'full' ? ['--import', telemetry] : []
    return startNode('./naive/main.ts', settings, telemetryOf(settings), execArgv)
  }
}

/** Without tracing, there is no provider of spans at all. */
function telemetryOf(settings: PeerSettings): NodeJS.ProcessEnv {
  return {
    ...telemetryEnvironment(settings),
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_TRACES_EXPORTER: settings.sampling > 0 ? 'otlp' : 'none',
    OTEL_METRICS_EXPORTER: 'otlp',
    OTEL_LOGS_EXPORTER: 'none'
  }
}
