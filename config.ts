import { StartError } from './errors.ts'
import {
  audience,
  choice,
  decimal,
  endpoint,
  integer,
  keySetUrl,
  optional,
  pemFile,
  port,
  proxies,
  proxyFile,
  Refusal,
  redisUrl,
  secret,
  target,
  text,
  type Variable
} from './lib/config/variables.ts'

const maxDelayMs = 600_000

/** Every variable that the gateway reads, in the order of the documentation. */
const variables = {
  HOST: text('The address to listen on.', '0.0.0.0'),
  PORT: integer('The port to listen on; 0 for any free one.', '8080', 0, 65_535),
  WORKERS: integer('How many processes share the port; see [workers](workers.md).', '1', 1, 64),
  ADMIN_HOST: text('The address that operators ask. It has no login.', '127.0.0.1'),
  ADMIN_PORT: port('The port for operators, as of `GET /upstreams`; 0 for any free one. Empty: none.'),
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
  JWT_JWKS_URL: keySetUrl(
    'Where the issuer publishes its keys (JWK set): tokens of users are verified with them, and not with JWT_SECRET. Empty: none.'
  ),
  JWT_JWKS_ALLOW_HTTP: choice(
    'Whether those keys may come by plain HTTP from another machine, as in a network of your own.',
    'false',
    ['true', 'false']
  ),
  USER_SERVICE_URL: target(
    'Where the user service answers gRPC: `http://host:port`, or any other target of [upstreams](upstreams.md).',
    'http://127.0.0.1:9001'
  ),
  PRODUCT_SERVICE_URL: target(
    'Where the product service answers gRPC: `http://host:port`, or any other target of [upstreams](upstreams.md).',
    'http://127.0.0.1:9002'
  ),
  ORDER_SERVICE_URL: target(
    'Where the order service answers gRPC: `http://host:port`, or any other target of [upstreams](upstreams.md).',
    'http://127.0.0.1:9003'
  ),
  PAYMENT_SERVICE_URL: target(
    'Where the payment service answers gRPC: `http://host:port`, or any other target of [upstreams](upstreams.md).',
    'http://127.0.0.1:9004'
  ),
  INVENTORY_SERVICE_URL: target(
    'Where the inventory service answers gRPC: `http://host:port`, or any other target of [upstreams](upstreams.md).',
    'http://127.0.0.1:9005'
  ),
  RATE_LIMIT_RPS: decimal('Requests per second that one client address may make for long.', '100', 1_000_000),
  RATE_LIMIT_BURST: integer('Requests that one client address may make at once.', '200', 1, 1_000_000),
  RATE_LIMIT_USER_RPS: decimal('Requests per second that one signed-in user may make for long.', '100', 1_000_000),
  RATE_LIMIT_USER_BURST: integer('Requests that one signed-in user may make at once.', '200', 1, 1_000_000),
  RATE_LIMIT_FAILURES_RPS: decimal(
    'Requests per second of one client address that may end 400, 401, 403, 404 or 405 for long.',
    '10',
    1_000_000
  ),
  RATE_LIMIT_FAILURES_BURST: integer(
    'Such requests that may come at once; the address is refused while there are more.',
    '200',
    1,
    1_000_000
  ),
  RATE_LIMIT_GLOBAL_RPS: optional(
    decimal('Requests per second that all clients together may make for long. Empty: any number.', '', 10_000_000)
  ),
  RATE_LIMIT_GLOBAL_BURST: integer('Requests that all clients together may make at once.', '1000', 1, 10_000_000),
  RATE_LIMIT_REDIS_URL: redisUrl(
    'The Redis that gateways count together in: `redis://host:port`, `rediss://` for TLS. Empty: each counts for itself.'
  ),
  RATE_LIMIT_REDIS_TIMEOUT_MS: integer(
    'How long a request waits for that Redis; then it is counted locally.',
    '25',
    1,
    10_000
  ),
  UPSTREAM_TIMEOUT_MS: integer(
    'The deadline of a call whose policy names none; of a stream, until it begins.',
    '5000',
    1,
    maxDelayMs
  ),
  UPSTREAM_CONNECT_TIMEOUT_MS: integer('How long a connection to a service may take to open.', '5000', 1, maxDelayMs),
  UPSTREAM_WAIT_FOR_READY_MS: integer(
    'How long a call may wait for a connection to its service. 0: only while one is being opened.',
    '5000',
    0,
    maxDelayMs
  ),
  UPSTREAM_BALANCING: choice('How calls are spread over the endpoints of a service.', 'round_robin', [
    'round_robin',
    'least_request'
  ]),
  UPSTREAM_HEALTH: choice(
    'How endpoints are asked by grpc.health.v1 whether they serve: by `watch`, again and again by `check`, or not at all.',
    'watch',
    ['watch', 'check', 'off']
  ),
  UPSTREAM_HEALTH_INTERVAL_MS: integer('How often an endpoint is asked that cannot be watched.', '5000', 1, maxDelayMs),
  UPSTREAM_OUTLIERS: choice(
    'Whether endpoints whose calls fail, unlike those of others, get none for a while.',
    'eject',
    ['eject', 'keep']
  ),
  UPSTREAM_MAX_ATTEMPTS: integer(
    'How many times a call is made at most that failed and may be made again. 1: never again.',
    '3',
    1,
    3
  ),
  UPSTREAM_RETRY_RATIO: decimal(
    'How many calls to a service may be made again, as a share of all; ten in ten seconds may in any case.',
    '0.2',
    1
  ),
  UPSTREAM_MAX_IN_FLIGHT: integer('How many calls to one service may be under way.', '1000', 1, 1_000_000),
  UPSTREAM_MAX_WAITING: integer(
    'How many more calls to one service may wait for one of them to end.',
    '1000',
    0,
    1_000_000
  ),
  UPSTREAM_MAX_STREAMS: integer('How many streams from one service may be open.', '10000', 1, 1_000_000),
  UPSTREAM_ALLOW_LOOPBACK: choice(
    'Whether names other than `localhost` may stand for an address of this machine, as in its hosts file.',
    'false',
    ['true', 'false']
  ),
  UPSTREAM_TLS_CA_FILE: pemFile(
    'A file with the authorities, in PEM, that certificates of services must be of. Empty: those that Node trusts.'
  ),
  UPSTREAM_TLS_CERT_FILE: pemFile(
    'A file with the certificate, in PEM, that the gateway shows to services that ask for one.'
  ),
  UPSTREAM_TLS_KEY_FILE: pemFile('A file with the key of that certificate, in PEM.'),
  PROXY_FILE: proxyFile(
    'A JSON file with the paths that plain HTTP services answer; see [proxy](proxy.md). Empty: none.'
  ),
  HEALTH_TIMEOUT_MS: integer('How long a service may take to say how it is.', '2000', 1, maxDelayMs),
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
  REQUEST_TIMEOUT_MS: integer(
    'How long a whole request may take to arrive; its headers no longer than 5 s.',
    '15000',
    1,
    maxDelayMs
  ),
  KEEP_ALIVE_TIMEOUT_MS: integer(
    'How long an idle connection is kept: longer than a balancer keeps it, which would otherwise write to a closed one.',
    '15000',
    1,
    maxDelayMs
  ),
  MAX_CONNECTIONS: integer('Connections of clients at once; more are closed as they come.', '10000', 1, 1_000_000),
  API_DOCS: choice('`on` serves the OpenAPI document at `/openapi.json`, and a page to try it at `/docs`.', 'on', [
    'on',
    'off'
  ]),
  TRUST_PROXY: proxies('`false`, or the addresses and CIDR ranges of proxies whose `X-Forwarded-For` counts.', 'false'),
  TRACING: choice(
    '`detailed` adds spans of every hook and handler; needs the package `@fastify/otel`, for development.',
    'standard',
    ['standard', 'detailed']
  ),
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
