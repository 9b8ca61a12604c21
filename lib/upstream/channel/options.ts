import { StartError } from '../../../errors.ts'
import { checkTlsOptions } from '../check-tls-options.ts'
import type { CallLimits } from '../grpc/attempt.ts'
import type { SendCompression } from '../grpc/compression.ts'
import type { TlsOptions } from '../socket.ts'
import { type NameLookup, systemLookup } from './addresses.ts'
import type { BackoffOptions } from './backoff.ts'
import type { EndpointOptions } from './endpoint.ts'
import type { ChannelEvent } from './events.ts'
import { type HealthOptions, healthDefaults } from './health.ts'
import { type OutlierOptions, outlierDefaults } from './outliers.ts'
import type { Balancing } from './pick.ts'
import { parseTarget, type Target, TargetError } from './target.ts'

/** How the names of a target are resolved. */
export interface ResolveOptions {
  /** How often, in milliseconds. Default 30,000. */
  intervalMs?: number
  /** The least time between two times, when connections are lost, in milliseconds. Default 1000. */
  minIntervalMs?: number
  /** The most addresses that are used. Default 100. */
  maxAddresses?: number
  /** Whether names other than `localhost` may have an address of this machine. Default false. */
  allowLoopback?: boolean
  /** Default: that of the system. */
  names?: NameLookup
}

export interface ChannelOptions {
  /** Of the upstream, for errors and metrics. */
  name: string
  /** Where it is: see `parseTarget`. */
  target: string
  /**
   * For a target that begins with `https://`, and for one without a scheme when it is given; one that begins with `http://`
   * is plain. Default: Node's own authorities.
   */
  tls?: TlsOptions | null
  /** How long a connection may take to open, in milliseconds. Default 5000. */
  connectTimeoutMs?: number
  /**
   * How long a call may wait for a connection, or for a free stream on one, in milliseconds; never longer than its deadline.
   * 0: as long as an endpoint is connected or connecting, and not at all when none is. Default 5000.
   */
  waitForReadyMs?: number
  /** How many calls may wait. Default 1000. */
  maxWaiting?: number
  /** Default `round_robin`. */
  balancing?: Balancing
  /** How long after a failure to connect the next attempt is made. */
  backoff?: BackoffOptions
  health?: HealthOptions
  /** Null: none is ejected. */
  outliers?: OutlierOptions | null
  resolve?: ResolveOptions
  /** How long the open calls of an endpoint that left may go on, in milliseconds. Default 30,000. */
  drainTimeoutMs?: number
  /** How long without a call a channel still connects again to what it lost, in milliseconds. Default 300,000. */
  idleMs?: number
  /** The most that one message of an answer may hold, in bytes. Default 4 MiB. */
  readMaxBytes?: number
  /** The most that one message of a request stream may hold, in bytes. Default 1 MiB. */
  writeMaxBytes?: number
  /** How messages of requests are sent. Answers may be in gzip whatever it is. Default `identity`. */
  sendCompression?: SendCompression
  /** How long a stream without a deadline may take to begin, in milliseconds; null: for ever. Default null. */
  headersTimeoutMs?: number | null
  /** Is told what happens. Must not throw. */
  onEvent?: (event: ChannelEvent) => void
}

/** Options that are whole, and checked. */
export interface ChannelSettings {
  name: string
  target: Target
  waitForReadyMs: number
  maxWaiting: number
  balancing: Balancing
  backoff: BackoffOptions
  ejects: boolean
  idleMs: number
  resolve: Required<ResolveOptions>
  endpoints: EndpointOptions
  onEvent: (event: ChannelEvent) => void
}

const MiB = 1024 * 1024

/** The longest time that is waited for, in milliseconds: Node's timers take more than twice that for 1 ms. */
const maxDelayMs = 2 ** 30

/** @throws {StartError} SLUICE_ERR_OPTION_INVALID that names the option */
export function settingsOf(options: ChannelOptions): ChannelSettings {
  const { name, backoff = {}, outliers = {}, onEvent = () => {} } = options
  const target = targetOf(options)
  const settings: ChannelSettings = {
    name,
    target,
    waitForReadyMs: options.waitForReadyMs ?? 5_000,
    maxWaiting: options.maxWaiting ?? 1_000,
    balancing: options.balancing ?? 'round_robin',
    backoff,
    ejects: outliers !== null,
    idleMs: options.idleMs ?? 300_000,
    resolve: {
      intervalMs: 30_000,
      minIntervalMs: 1_000,
      maxAddresses: 100,
      allowLoopback: false,
      names: systemLookup,
      ...options.resolve
    },
    endpoints: {
      tls: tlsOf(target, options),
      connectTimeoutMs: options.connectTimeoutMs ?? 5_000,
      backoff,
      health: { ...healthDefaults, ...options.health },
      outliers: { ...outlierDefaults, ...outliers },
      limits: limitsOf(options),
      drainTimeoutMs: options.drainTimeoutMs ?? 30_000
    },
    onEvent
  }
  check(settings)
  return settings
}

function targetOf({ name, target }: ChannelOptions): Target {
  try {
    return parseTarget(target)
  } catch (error) {
    if (error instanceof TargetError) throw invalid(name, `target: ${error.message}`)
    throw error
  }
}

function limitsOf({
  readMaxBytes = 4 * MiB,
  writeMaxBytes = MiB,
  headersTimeoutMs = null,
  sendCompression = 'identity'
}: ChannelOptions): CallLimits {
  return { readMaxBytes, writeMaxBytes, headersTimeoutMs, sendCompression }
}

/** What the target says of TLS counts more than what the options say. */
function tlsOf(target: Target, { name, tls = null }: ChannelOptions): TlsOptions | null {
  if (target.tls === false) return null
  const used = target.tls === true ? (tls ?? {}) : tls
  if (used === null) return null
  checkTlsOptions(name, used)
  return used
}

/** What must hold, and what is wrong when it does not. */
type Rule = [holds: boolean, problem: string]

function check({ name, endpoints, resolve, ...settings }: ChannelSettings): void {
  const { health, outliers, limits } = endpoints
  const { baseMs = 1, factor = 1, jitter = 0, maxMs = 1 } = settings.backoff
  const rules: Rule[] = [
    [settings.waitForReadyMs >= 0, 'waitForReadyMs must not be below 0'],
    [isCount(settings.maxWaiting, 0), 'maxWaiting must be a whole number that is not below 0'],
    [['round_robin', 'least_request'].includes(settings.balancing), 'balancing must be round_robin or least_request'],
    [settings.idleMs > 0, 'idleMs must be above 0'],
    [endpoints.connectTimeoutMs > 0, 'connectTimeoutMs must be above 0'],
    [endpoints.drainTimeoutMs >= 0, 'drainTimeoutMs must not be below 0'],
    [baseMs > 0 && maxMs > 0, 'backoff.baseMs and backoff.maxMs must be above 0'],
    [factor >= 1, 'backoff.factor must not be below 1'],
    [jitter >= 0 && jitter < 1, 'backoff.jitter must be from 0 to below 1'],
    [['watch', 'check', 'off'].includes(health.mode), 'health.mode must be watch, check or off'],
    [health.intervalMs > 0 && health.timeoutMs > 0, 'health.intervalMs and health.timeoutMs must be above 0'],
    [isCount(outliers.consecutiveFailures, 1), 'outliers.consecutiveFailures must be a whole number above 0'],
    [isShare(outliers.failureRatio), 'outliers.failureRatio must be above 0 and not above 1'],
    [isCount(outliers.minCalls, 1), 'outliers.minCalls must be a whole number above 0'],
    [outliers.windowMs > 0, 'outliers.windowMs must be above 0'],
    [outliers.baseEjectionMs > 0, 'outliers.baseEjectionMs must be above 0'],
    [outliers.maxEjectionMs >= outliers.baseEjectionMs, 'outliers.maxEjectionMs must not be below baseEjectionMs'],
    [isShare(outliers.maxEjectedShare), 'outliers.maxEjectedShare must be above 0 and not above 1'],
    [resolve.intervalMs > 0 && resolve.minIntervalMs > 0, 'resolve.intervalMs and minIntervalMs must be above 0'],
    [isCount(resolve.maxAddresses, 1), 'resolve.maxAddresses must be a whole number above 0'],
    [isCount(limits.readMaxBytes, 1), 'readMaxBytes must be a whole number above 0'],
    [isCount(limits.writeMaxBytes, 1), 'writeMaxBytes must be a whole number above 0'],
    [['identity', 'gzip'].includes(limits.sendCompression ?? 'identity'), 'sendCompression must be identity or gzip'],
    [limits.headersTimeoutMs === null || limits.headersTimeoutMs > 0, 'headersTimeoutMs must be above 0, or null']
  ]
  const broken = [...rules, ...delayRules({ endpoints, resolve, ...settings })].find(([holds]) => !holds)
  if (broken !== undefined) throw invalid(name, broken[1])
}

function delayRules({ waitForReadyMs, backoff, resolve, endpoints }: Omit<ChannelSettings, 'name'>): Rule[] {
  const { connectTimeoutMs, drainTimeoutMs, health, limits } = endpoints
  const delays: [number, string][] = [
    [waitForReadyMs, 'waitForReadyMs'],
    [connectTimeoutMs, 'connectTimeoutMs'],
    [drainTimeoutMs, 'drainTimeoutMs'],
    [backoff.baseMs ?? 1, 'backoff.baseMs'],
    [backoff.maxMs ?? 1, 'backoff.maxMs'],
    [health.intervalMs, 'health.intervalMs'],
    [health.timeoutMs, 'health.timeoutMs'],
    [resolve.intervalMs, 'resolve.intervalMs'],
    [resolve.minIntervalMs, 'resolve.minIntervalMs'],
    [limits.headersTimeoutMs ?? 1, 'headersTimeoutMs']
  ]
  return delays.map(([ms, option]) => [ms <= maxDelayMs, `${option} must not be above ${maxDelayMs}`])
}

function isCount(value: number, least: number): boolean {
  return Number.isSafeInteger(value) && value >= least
}

function isShare(value: number): boolean {
  return value > 0 && value <= 1
}

function invalid(name: string, problem: string): StartError {
  return new StartError('SLUICE_ERR_OPTION_INVALID', [`upstream "${name}"`, problem])
}
