import { isIP } from 'node:net'
import { StartError } from './errors.ts'
import { weaknessOf } from './lib/jwt-secret.ts'

/** What a variable of the environment is: how its text is read, what holds without it, and what it means. */
interface Variable<Value> {
  /** One line for docs/configuration.md. */
  doc: string
  /** The text that holds when the variable is not set or empty; null when it must be set. */
  fallback: string | null
  /** Another fallback with NODE_ENV=development. */
  developmentFallback?: string
  /** @throws {Refusal} that says what the value must be, never the value itself */
  parse(text: string, development: boolean): Value
}

/** Why a value cannot be taken: "must be ...". */
class Refusal extends Error {}

const maxDelayMs = 600_000

/** Every variable that the gateway reads, in the order of the documentation. */
const variables = {
  HOST: text('The address to listen on.', '0.0.0.0'),
  PORT: integer('The port to listen on; 0 for any free one.', '8080', 0, 65_535),
  NODE_ENV: choice('`development` takes any JWT_SECRET and drains without delay.', 'production', [
    'production',
    'development',
    'test'
  ]),
  LOG_LEVEL: choice('The least severe level that is logged.', 'info', [
    'fatal',
    'error',
    'warn',
    'info',
    'debug',
    'trace',
    'silent'
  ]),
  JWT_SECRET: secret(
    'The key that tokens are signed with (HS256), shared with the services: at least 32 random bytes.'
  ),
  JWT_ISSUER: text('The `iss` that tokens must carry.', 'shop-user-service'),
  JWT_AUDIENCE: audience('The `aud` that tokens of users must carry.', 'shop'),
  USER_SERVICE_URL: origin('Where the user service answers gRPC.', 'http://127.0.0.1:9001'),
  PRODUCT_SERVICE_URL: origin('Where the product service answers gRPC.', 'http://127.0.0.1:9002'),
  ORDER_SERVICE_URL: origin('Where the order service answers gRPC.', 'http://127.0.0.1:9003'),
  PAYMENT_SERVICE_URL: origin('Where the payment service answers gRPC.', 'http://127.0.0.1:9004'),
  INVENTORY_SERVICE_URL: origin('Where the inventory service answers gRPC.', 'http://127.0.0.1:9005'),
  RATE_LIMIT_RPS: decimal('Requests per second that one client address may make for long.', '100', 1_000_000),
  RATE_LIMIT_BURST: integer('Requests that one client address may make at once.', '200', 1, 1_000_000),
  UPSTREAM_TIMEOUT_MS: integer(
    'The deadline of a call whose policy names none; of a stream, until it begins.',
    '5000',
    1,
    maxDelayMs
  ),
  UPSTREAM_CONNECT_TIMEOUT_MS: integer('How long a connection to a service may take to open.', '5000', 1, maxDelayMs),
  HEALTH_TIMEOUT_MS: integer('How long `/ready` waits for the health of a service.', '2000', 1, maxDelayMs),
  BREAKER_WINDOW_MS: integer('The time over which a circuit counts calls and failures.', '60000', 10, 3_600_000),
  BREAKER_MIN_CALLS: integer('Fewer calls than this in the window never open a circuit.', '3', 1, 1_000_000),
  BREAKER_FAILURE_RATIO: decimal('The share of failed calls that opens a circuit, above 0 and up to 1.', '0.6', 1),
  BREAKER_OPEN_MS: integer(
    'How long an open circuit refuses before it lets probes through; twice as long each time that one fails, up to a minute.',
    '10000',
    1,
    maxDelayMs
  ),
  BREAKER_PROBES: integer('How many probes a half-open circuit lets through; all must succeed.', '3', 1, 1_000),
  DRAIN_DELAY_MS: {
    ...integer('How long a stopping gateway still takes requests, so that balancers notice.', '1500', 0, maxDelayMs),
    developmentFallback: '0'
  },
  DRAIN_TIMEOUT_MS: integer('How long requests in flight may take after that.', '10000', 0, maxDelayMs),
  BODY_LIMIT: integer('The largest request body, in bytes.', '65536', 1, 16 * 1024 * 1024),
  API_DOCS: choice('`on` serves the OpenAPI document at `/openapi.json`, and a page to try it at `/docs`.', 'on', [
    'on',
    'off'
  ]),
  TRUST_PROXY: proxies('`false`, or the addresses and CIDR ranges of proxies whose `X-Forwarded-For` counts.', 'false'),
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint('Where spans and metrics go by OTLP/gRPC. Empty: nowhere, at no cost.', ''),
  OTEL_TRACES_SAMPLER: choice('Which traces are kept; read by the OpenTelemetry SDK.', 'parentbased_always_on', [
    'always_on',
    'always_off',
    'traceidratio',
    'parentbased_always_on',
    'parentbased_always_off',
    'parentbased_traceidratio'
  ]),
  OTEL_TRACES_SAMPLER_ARG: text('The share of traces that a ratio sampler keeps; read by the SDK.', '1.0')
} satisfies Record<string, Variable<unknown>>

type Variables = typeof variables

/** The settings of a gateway, checked. */
export type Config = { readonly [Name in keyof Variables]: ReturnType<Variables[Name]['parse']> }

/**
 * Reads the settings. A variable that is set but empty counts as not set.
 *
 * @throws {StartError} SLUICE_ERR_CONFIG_INVALID that names every variable that is wrong, and no value
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const development = env.NODE_ENV === 'development'
  const config: Record<string, unknown> = {}
  const problems: string[] = []
  for (const [name, variable] of Object.entries<Variable<unknown>>(variables)) {
    try {
      config[name] = variable.parse(textOf(variable, env[name], development), development)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      problems.push(`${name} ${error.message}`)
    }
  }
  if (problems.length > 0) throw new StartError('SLUICE_ERR_CONFIG_INVALID', [problems.join('; ')])
  return Object.freeze(config) as Config
}

/** The variables as docs/configuration.md lists them. */
export function describeConfig(): { name: string; fallback: string; doc: string }[] {
  return Object.entries<Variable<unknown>>(variables).map(([name, { fallback, developmentFallback, doc }]) => {
    const development = developmentFallback === undefined ? '' : ` (${developmentFallback} in development)`
    return { name, fallback: fallback === null ? 'required' : `${fallback}${development}`, doc }
  })
}

function textOf({ fallback, developmentFallback }: Variable<unknown>, given: string | undefined, development: boolean) {
  if (given !== undefined && given !== '') return given
  const text = (development ? developmentFallback : undefined) ?? fallback
  if (text === null) throw new Refusal('is not set')
  return text
}

function text(doc: string, fallback: string) {
  return { doc, fallback, parse: (given: string) => given }
}

function integer(doc: string, fallback: string, min: number, max: number) {
  return {
    doc,
    fallback,
    parse(given: string) {
      const value = Number(given)
      if (/^\d{1,10}$/.test(given) && value >= min && value <= max) return value
      throw new Refusal(`must be a whole number from ${min} to ${max}`)
    }
  }
}

function decimal(doc: string, fallback: string, max: number) {
  return {
    doc,
    fallback,
    parse(given: string) {
      const value = Number(given)
      if (/^\d{0,10}\.?\d{1,10}$/.test(given) && value > 0 && value <= max) return value
      throw new Refusal(`must be a number above 0 and up to ${max}`)
    }
  }
}

function choice<const Choice extends string>(doc: string, fallback: Choice, choices: readonly Choice[]) {
  return {
    doc,
    fallback,
    parse(given: string) {
      const chosen = choices.find(candidate => candidate === given)
      if (chosen !== undefined) return chosen
      throw new Refusal(`must be one of ${choices.join(', ')}`)
    }
  }
}

function origin(doc: string, fallback: string) {
  return {
    doc,
    fallback,
    parse(given: string) {
      const url = URL.parse(given)
      const plain = url !== null && (url.protocol === 'http:' || url.protocol === 'https:') && url.username === ''
      if (plain && url.pathname === '/' && url.search === '' && url.hash === '') return url.origin
      throw new Refusal('must be http:// or https:// with a host and a port, and nothing behind')
    }
  }
}

function endpoint(doc: string, fallback: string) {
  return {
    doc,
    fallback,
    parse(given: string) {
      const protocol = URL.parse(given)?.protocol
      if (given === '' || protocol === 'http:' || protocol === 'https:') return given
      throw new Refusal('must be a URL that begins with http:// or https://')
    }
  }
}

function audience(doc: string, fallback: string) {
  return {
    doc,
    fallback,
    parse(given: string) {
      if (given !== 'internal') return given
      throw new Refusal('must not be "internal": that marks the tokens of services')
    }
  }
}

function secret(doc: string) {
  return {
    doc,
    fallback: null,
    /** Keys leave the configuration as bytes: a text could be taken for a key of another kind. */
    parse(given: string, development: boolean) {
      const weakness = development ? null : weaknessOf(given)
      if (weakness === null) return Buffer.from(given)
      throw new Refusal(weakness)
    }
  }
}

/**
 * A number of hops would trust nobody since Fastify 5.12.1, so that all clients behind a balancer share one address, and
 * `true` would let every client choose its own: neither is taken.
 */
function proxies(doc: string, fallback: string) {
  return {
    doc,
    fallback,
    parse(given: string): false | string[] {
      if (given === 'false') return false
      const ranges = given.split(',').map(range => range.trim())
      if (ranges.every(isRange)) return ranges
      throw new Refusal('must be false or a list of addresses and CIDR ranges, such as 10.0.0.0/8,fd00::/8')
    }
  }
}

function isRange(range: string): boolean {
  const [address = '', prefix, ...rest] = range.split('/')
  const family = isIP(address)
  // An IPv4 range in IPv6's clothes is read differently by different readers.
  if (family === 0 || rest.length > 0 || address.toLowerCase().startsWith('::ffff:')) return false
  if (prefix === undefined) return true
  return /^\d{1,3}$/.test(prefix) && Number(prefix) >= 1 && Number(prefix) <= (family === 4 ? 32 : 128)
}
