import packageJson from '../../package.json' with { type: 'json' }
import type { Peer, PeerSettings } from '../peer.ts'
import { bodyLimit, startNode, telemetryEnvironment } from './node/start.ts'
import { versionsOf } from './node/versions.ts'

/** What the gateway tells V8 when it starts (run.ts), which transcoding alone does without. */
const flagsOfBare = ['--no-allocation-site-pretenuring']

/** More than is asked for: the limits are kept, and never refuse. */
const plenty = '1000000'

/** Sluice: transcoding alone, and with all that it does. */
export const sluice = sluiceWith('Sluice')

/**
 * Sluice, with settings of its own.
 *
 * @param title as it is called in tables
 * @param env settings that count more than those of the bench
 */
export function sluiceWith(title: string, env: NodeJS.ProcessEnv = {}): Peer {
  return {
    id: 'sluice',
    title,
    modes: ['bare', 'full'],
    spans: 6,
    scales: true,
    remarks: [
      'V8 is told not to allocate lists of listeners among old objects (run.ts). With `full`: limits by address and by user; 6 spans.',
      'A token that was verified is remembered for up to a minute, and the load has one token; one table has many.'
    ].join(' '),
    version: async () => `${packageJson.version}, ${versionsOf('fastify')}`,
    build: async () => null,
    async start(settings) {
      if (settings.mode === 'full') return startNode('./sluice-full.ts', settings, { ...environment(settings), ...env })
      return startNode('./sluice-bare.ts', settings, { ...telemetryEnvironment(settings), ...env }, flagsOfBare)
    }
  }
}

function environment(settings: PeerSettings): NodeJS.ProcessEnv {
  const { port, jwt, workers } = settings
  return {
    ...telemetryEnvironment(settings),
    HOST: '127.0.0.1',
    PORT: String(port),
    LOG_LEVEL: 'warn',
    WORKERS: String(workers),
    MAX_CONNECTIONS: plenty,
    BODY_LIMIT: String(bodyLimit),
    JWT_SECRET: jwt.secret,
    JWT_ISSUER: jwt.issuer,
    JWT_AUDIENCE: jwt.audience,
    RATE_LIMIT_RPS: plenty,
    RATE_LIMIT_BURST: plenty,
    RATE_LIMIT_USER_RPS: plenty,
    RATE_LIMIT_USER_BURST: plenty
  }
}
