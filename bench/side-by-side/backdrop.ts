// What stands around all contenders: their upstream, what takes their telemetry, and what loads them.
import { randomBytes } from 'node:crypto'
import { SignJWT } from 'jose'
import { answers } from '../cases.ts'
import { type LoadGenerator, startLoadGenerator } from '../load-generator.ts'
import type { PeerSettings } from '../peer.ts'
import { pin } from '../processes/cores.ts'
import { startUpstream } from '../start-upstream.ts'
import { startReceiver } from '../telemetry/start-receiver.ts'

export interface Backdrop extends Pick<PeerSettings, 'upstreamPort' | 'otlpPort' | 'jwt'> {
  /** Of a user, for all of the run. */
  token: string
  /** So many others of the same user. */
  signTokens(count: number): Promise<string[]>
  load: LoadGenerator
  /** Spans that have arrived so far. */
  spans(): Promise<number>
  /** Whether contenders have cores of their own. */
  isPinned: boolean
  stop(): Promise<void>
}

const issuer = 'bench'
const audience = 'shop'

/** Ends the process on a machine without Go. */
export async function startBackdrop(): Promise<Backdrop> {
  // Before anything is started: all of it is then beside the first core too.
  const isPinned = await pin(process.pid, { others: 1 })
  const load = await startLoadGenerator()
  if (typeof load === 'string') {
    console.error(`There is nothing to load with: ${load}.`)
    process.exit(1)
  }
  const upstream = await startUpstream(answers)
  const receiver = await startReceiver()
  const secret = randomBytes(32).toString('hex')
  return {
    upstreamPort: portOf(upstream.url),
    otlpPort: receiver.port,
    jwt: { secret, issuer, audience },
    token: await signToken(secret, 0),
    signTokens: count => Promise.all(Array.from({ length: count }, (_, index) => signToken(secret, index + 1))),
    load,
    spans: receiver.spans,
    isPinned,
    async stop() {
      for (const program of [load, upstream, receiver]) await program.stop()
    }
  }
}

function signToken(secret: string, number: number): Promise<string> {
  return new SignJWT({ user_id: '0198c2d4-0000-7000-8000-000000000001', roles: ['customer'] })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject('0198c2d4-0000-7000-8000-000000000001')
    .setJti(String(number))
    .setIssuedAt()
    .setExpirationTime('12h')
    .sign(Buffer.from(secret))
}

function portOf(url: string): number {
  return Number(new URL(url).port)
}
