import packageJson from '../../package.json' with { type: 'json' }
import type { Peer } from '../peer.ts'
import { startNode, telemetryEnvironment } from './node/start.ts'

/** More than is asked for: the limits are kept, and never refuse. */
const plenty = '1000000'

/** Sluice: transcoding alone, and with all that it does. */
export const sluice: Peer = {
  id: 'sluice',
  title: 'Sluice',
  modes: ['bare', 'full'],
  scales: true,
  version: async () => `${packageJson.version}, Fastify ${packageJson.dependencies.fastify}, Node ${process.version}`,
  build: async () => null,
  async start(settings) {
    const { mode, port, jwt, workers } = settings
    return startNode(mode === 'bare' ? './sluice-bare.ts' : './sluice-full.ts', settings, {
      ...telemetryEnvironment(settings),
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'warn',
      // One of the cases has a large body.
      BODY_LIMIT: String(2 * 1024 * 1024),
      WORKERS: String(workers),
      JWT_SECRET: jwt.secret,
      JWT_ISSUER: jwt.issuer,
      JWT_AUDIENCE: jwt.audience,
      RATE_LIMIT_RPS: plenty,
      RATE_LIMIT_BURST: plenty,
      RATE_LIMIT_USER_RPS: plenty,
      RATE_LIMIT_USER_BURST: plenty
    })
  }
}
