import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import packageJson from '../../package.json' with { type: 'json' }
import type { Peer } from '../peer.ts'
import { startNode, telemetryEnvironment } from './node/start.ts'

const run = promisify(execFile)
const bench = fileURLToPath(new URL('..', import.meta.url))
const telemetry = fileURLToPath(new URL('./node/naive/telemetry.ts', import.meta.url))

/** The same idea as one builds it first: the stock parts, put together as their pages say. */
export const connectNode: Peer = {
  id: 'connect-node',
  title: 'Fastify + connect-node',
  modes: ['bare', 'full'],
  remarks: 'With `full`: @fastify/jwt, @fastify/rate-limit, mollitia, @fastify/otel, instrumentation-http.',
  async version() {
    const { dependencies } = packageJson
    return `connect-node ${dependencies['@connectrpc/connect-node']}, Node ${process.version}`
  },
  async build() {
    if (existsSync(`${bench}node_modules/@fastify/otel`)) return null
    try {
      await run('npm', ['ci', '--loglevel=error'], { cwd: bench })
      return null
    } catch (error) {
      return `its packages cannot be installed: ${(error as Error).message}`
    }
  },
  async start(settings) {
    const env = telemetryEnvironment(settings)
    // Instrumentations have to be there before what they change.
    if (settings.mode === 'full') env.NODE_OPTIONS = `--import ${telemetry}`
    return startNode('./naive/main.ts', settings, env)
  }
}
