// What telemetry costs: the whole gateway before one service, without an endpoint for telemetry and with one, by how many
// traces are kept.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { create, toBinary } from '@bufbuild/protobuf'
import { SignJWT } from 'jose'
import { UserSchema } from '../gen/shop/user/v1/user_pb.ts'
import { loadFor, type Target } from './load.ts'
import { type Subject, startSubject } from './processes.ts'
import { startUpstream, type Upstream } from './start-upstream.ts'
import { type Contender, type Suite, summarize } from './suite.ts'

const rounds = Number(process.env.ROUNDS ?? 7)
/** How long each turn of a contender takes, about. */
const turnMs = Number(process.env.TURN_MS ?? 2000)
const concurrency = 64

const userId = '0198c2d4-0000-7000-8000-000000000001'
/** One that is signed in, so that all checks are made. */
const path = '/api/v1/users/me'
/** The server span, the token, the limits of the address and of the user, the circuit, and the call. */
const spansPerRequest = 6

/** What the contenders are told of telemetry, besides an endpoint. */
export const telemetryContenders: Record<string, NodeJS.ProcessEnv | null> = {
  'no endpoint': null,
  'no metrics, no trace kept': { OTEL_TRACES_SAMPLER: 'parentbased_always_off', OTEL_METRICS_EXPORTER: 'none' },
  'metrics, no trace kept': { OTEL_TRACES_SAMPLER: 'parentbased_always_off' },
  'metrics, 10 % of traces': { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' },
  'metrics, 100 % of traces': { OTEL_TRACES_SAMPLER: 'parentbased_always_on' }
}

interface Gateway {
  subject: Subject
  /** Counts the spans that this gateway exports; null: it exports none. */
  receiver: Subject | null
}

export async function runTelemetry(): Promise<Suite> {
  const secret = randomBytes(32).toString('hex')
  const headers = { authorization: `Bearer ${await signToken(secret)}` }
  const user = toBinary(UserSchema, create(UserSchema, { id: userId, username: 'ada' }))
  const message = Buffer.from(user).toString('base64')
  const upstream = await startUpstream({ '/shop.user.v1.UserService/GetMe': { message, count: 1 } })
  const gateways: Gateway[] = []
  try {
    for (const [name, settings] of Object.entries(telemetryContenders)) {
      gateways.push(await startGateway(name, settings, environment(secret, upstream)))
    }
    for (const { subject } of gateways) await warmUp(targetOf(subject, headers))
    return await measure(gateways, headers, upstream.kind)
  } finally {
    for (const { subject, receiver } of gateways) for (const program of [subject, receiver]) await program?.stop()
    await upstream.stop()
  }
}

function signToken(secret: string): Promise<string> {
  return new SignJWT({ iss: 'shop-user-service', aud: 'shop', sub: userId, user_id: userId, roles: ['customer'] })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(Buffer.from(secret))
}

/** The limits are checked and never refuse. */
function environment(secret: string, upstream: Upstream): NodeJS.ProcessEnv {
  const plenty = '1000000'
  return {
    HOP_CASE: 'unary',
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    JWT_SECRET: secret,
    USER_SERVICE_URL: upstream.url,
    RATE_LIMIT_RPS: plenty,
    RATE_LIMIT_BURST: plenty,
    RATE_LIMIT_USER_RPS: plenty,
    RATE_LIMIT_USER_BURST: plenty
  }
}

async function startGateway(
  name: string,
  settings: NodeJS.ProcessEnv | null,
  env: NodeJS.ProcessEnv
): Promise<Gateway> {
  const receiver = settings === null ? null : await startSubject(`receiver of ${name}`, './telemetry/receiver.ts')
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver?.url ?? '', OTEL_METRIC_EXPORT_INTERVAL: '15000' }
  const subject = await startSubject(name, './hop/subjects/sluice.ts', { ...env, ...settings, ...endpoint })
  return { subject, receiver }
}

function targetOf({ url }: Subject, headers: Record<string, string>): Target {
  return { url, path, closes: false, headers }
}

/** Nothing is timed that does not answer right, or is not yet compiled. */
async function warmUp(target: Target): Promise<void> {
  const response = await fetch(target.url + path, { headers: target.headers ?? {} })
  assert.equal(response.status, 200)
  assert.equal(((await response.json()) as { id: string }).id, userId)
  await loadFor(target, concurrency, 2 * turnMs)
}

async function measure(gateways: Gateway[], headers: Record<string, string>, kind: string): Promise<Suite> {
  const costs = new Map(gateways.map(({ subject }) => [subject.name, [] as number[]]))
  const arrived = new Map(gateways.map(({ subject }) => [subject.name, [] as number[]]))
  // Interleaved: what disturbs the machine for a while disturbs all of them.
  for (let round = 0; round < rounds; round++) {
    for (const { subject, receiver } of gateways) {
      const spans = await spansOf(receiver)
      const before = await subject.cpu()
      const answers = await loadFor(targetOf(subject, headers), concurrency, turnMs)
      costs.get(subject.name)!.push(((await subject.cpu()) - before) / answers)
      arrived.get(subject.name)!.push(((await spansOf(receiver)) - spans) / answers / spansPerRequest)
    }
  }
  const share = [...arrived].map(([name, values]) => `${name}: ${Math.round(100 * summarize(name, values).median)} %`)
  const [first, ...others] = gateways.map(({ subject }) => [subject.name, costs.get(subject.name)!] as const)
  const added = others.map(([name, values]): [string, number[]] => [
    name,
    values.map((cost, at) => cost - first![1][at]!)
  ])
  return {
    title: 'Telemetry',
    text: [
      'CPU microseconds per request of the gateway process, user and system: a GET of a user who is signed in, which makes',
      `${spansPerRequest} spans and 4 measurements. Its service (${kind}), what takes its spans and metrics by OTLP/gRPC, and what`,
      `sends the requests are processes of their own. ${rounds} rounds of ${turnMs / 1000} s each. Spans that arrived within`,
      `the round, of those made: ${share.join('; ')}.`
    ].join(' '),
    unit: 'µs',
    cases: [
      { name: 'the request', contenders: [...costs].map(([name, values]): Contender => summarize(name, values)) },
      { name: 'the telemetry', contenders: added.map(([name, values]) => summarize(name, values)) }
    ]
  }
}

async function spansOf(receiver: Subject | null): Promise<number> {
  return receiver === null ? 0 : Number(await receiver.ask({}))
}
