import { readFileSync } from 'node:fs'
import { weaknessOf } from '../../lib/jwt-secret.ts'
import { parseTarget, TargetError } from '../../lib/upstream/channel/target.ts'
import { readSigningKeys, type SigningKeys } from './signing-keys.ts'

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** The services and the ports that they listen on by default. */
export const servicePorts = { user: 9001, product: 9002, order: 9003, payment: 9004, inventory: 9005 } as const

export type ServiceName = keyof typeof servicePorts

/** What a service process reads from its environment. */
export interface ServiceSettings {
  /** HOST: the address to listen on. Default 127.0.0.1. */
  host: string
  /** PORT: 0 to 65535, 0 for any free one. Default: `servicePorts`. */
  port: number
  /** DATABASE_URL: the service's own PostgreSQL database. Required. */
  databaseUrl: string
  /** JWT_SECRET: shared by gateway and services, at least 32 bytes. Required. */
  secret: string
  /** JWT_ISSUER. Default "shop-user-service". */
  issuer: string
  /** JWT_AUDIENCE: of user tokens. Default "shop". */
  audience: string
  /**
   * JWT_SIGNING_KEY_FILE: a private key on P-256, in PEM; tokens of users are signed with it (ES256) rather than with the
   * shared key. JWT_PREVIOUS_KEY_FILE: the one before it, whose tokens are still good. Read by user.
   */
  signingKeys?: SigningKeys
  /** JWKS_PORT: where user publishes those keys, as `/.well-known/jwks.json`; 0 for any free one. Default 9011. */
  keySetPort?: number
  /** JWT_JWKS_URL: where the others read them. */
  keySetUrl?: string
  /** LOG_LEVEL: a level of pino, or "silent". Default "info". */
  logLevel: string
  /** REDIS_URL: a cache that several processes share. Without it: no cache beyond the process. */
  redisUrl?: string
  /** PRODUCT_SERVICE_URL: a target, as docs/upstreams.md describes them. Required by order. */
  productUrl?: string
  /** INVENTORY_SERVICE_URL: a target. Required by order. */
  inventoryUrl?: string
  /** PAYMENT_SERVICE_URL: a target. Required by order. */
  paymentUrl?: string
  /** UPSTREAM_ALLOW_LOOPBACK: whether names in targets may stand for this machine. Default false. */
  allowLoopback?: boolean
  /** SEED_CATALOGUE: whether an empty database gets the sample catalogue, with stock. Default false. */
  seedCatalogue: boolean
  /** BOOTSTRAP_ADMIN_EMAIL and BOOTSTRAP_ADMIN_PASSWORD: the first admin, made when there is none. */
  bootstrapAdmin?: { email: string; password: string }
}

/** A setting that is missing or wrong. The message is one line that names the variable and never holds a secret. */
export class SettingsError extends Error {
  override name = 'SettingsError'
}

/**
 * Reads the settings of a service. An empty variable counts as not set.
 *
 * @throws SettingsError
 */
export function readSettings(service: ServiceName, env: NodeJS.ProcessEnv): ServiceSettings {
  const settings: ServiceSettings = {
    host: env.HOST || '127.0.0.1',
    port: readPort(env, 'PORT', servicePorts[service]),
    databaseUrl: readUrl(env, 'DATABASE_URL', ['postgres:', 'postgresql:']) ?? missing('DATABASE_URL'),
    secret: readSecret(env),
    issuer: env.JWT_ISSUER || 'shop-user-service',
    audience: readAudience(env),
    logLevel: readChoice(env, 'LOG_LEVEL', logLevels, 'info'),
    seedCatalogue: readChoice(env, 'SEED_CATALOGUE', ['true', 'false'], 'false') === 'true',
    ...readPeers(service, env),
    ...readKeys(service, env)
  }
  const redisUrl = readUrl(env, 'REDIS_URL', ['redis:', 'rediss:'])
  if (redisUrl !== undefined) settings.redisUrl = redisUrl
  const bootstrapAdmin = readBootstrapAdmin(env)
  if (bootstrapAdmin !== undefined) settings.bootstrapAdmin = bootstrapAdmin
  return settings
}

function missing(name: string): never {
  throw new SettingsError(`${name} is not set`)
}

function readPort(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const value = env[name]
  if (!value) return fallback
  const port = Number(value)
  if (!/^\d{1,5}$/.test(value) || port > 65_535) throw new SettingsError(`${name} must be a number from 0 to 65535`)
  return port
}

function readSecret(env: NodeJS.ProcessEnv): string {
  const secret = env.JWT_SECRET || missing('JWT_SECRET')
  // A laptop may run with a toy secret; anything that says nothing about itself may not.
  const weakness = env.NODE_ENV === 'development' ? null : weaknessOf(secret)
  if (weakness !== null) throw new SettingsError(`JWT_SECRET ${weakness}`)
  return secret
}

function readKeys(service: ServiceName, env: NodeJS.ProcessEnv) {
  if (service !== 'user') {
    const keySetUrl = readUrl(env, 'JWT_JWKS_URL', ['https:', 'http:'])
    return keySetUrl === undefined ? {} : { keySetUrl }
  }
  const { JWT_SIGNING_KEY_FILE: current, JWT_PREVIOUS_KEY_FILE: previous } = env
  const keySetPort = readPort(env, 'JWKS_PORT', 9011)
  if (!current) return {}
  try {
    const signingKeys = readSigningKeys(
      readFileSync(current, 'utf8'),
      previous ? readFileSync(previous, 'utf8') : undefined
    )
    return { signingKeys, keySetPort }
  } catch (error) {
    const problem = error instanceof TypeError ? error.message : 'cannot be read'
    throw new SettingsError(`JWT_SIGNING_KEY_FILE or JWT_PREVIOUS_KEY_FILE ${problem}`)
  }
}

function readAudience(env: NodeJS.ProcessEnv): string {
  const audience = env.JWT_AUDIENCE || 'shop'
  if (audience === 'internal') throw new SettingsError('JWT_AUDIENCE cannot be "internal": that marks service tokens')
  return audience
}

function readPeers(service: ServiceName, env: NodeJS.ProcessEnv) {
  if (service !== 'order') return {}
  return {
    productUrl: readTarget(env, 'PRODUCT_SERVICE_URL'),
    inventoryUrl: readTarget(env, 'INVENTORY_SERVICE_URL'),
    paymentUrl: readTarget(env, 'PAYMENT_SERVICE_URL'),
    allowLoopback: readChoice(env, 'UPSTREAM_ALLOW_LOOPBACK', ['true', 'false'], 'false') === 'true'
  }
}

function readTarget(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name] || missing(name)
  try {
    parseTarget(value)
  } catch (error) {
    if (error instanceof TargetError) throw new SettingsError(`${name} must say where the service is: ${error.message}`)
    throw error
  }
  return value
}

function readBootstrapAdmin(env: NodeJS.ProcessEnv): ServiceSettings['bootstrapAdmin'] {
  const email = env.BOOTSTRAP_ADMIN_EMAIL
  const password = env.BOOTSTRAP_ADMIN_PASSWORD
  if (!email && !password) return undefined
  if (!email) return missing('BOOTSTRAP_ADMIN_EMAIL')
  if (!password) return missing('BOOTSTRAP_ADMIN_PASSWORD')
  if (!email.includes('@')) throw new SettingsError('BOOTSTRAP_ADMIN_EMAIL must be an email address')
  if (password.length < 8 || password.length > 128) {
    throw new SettingsError('BOOTSTRAP_ADMIN_PASSWORD must be 8 to 128 characters long')
  }
  return { email, password }
}

function readUrl(env: NodeJS.ProcessEnv, name: string, protocols: string[]): string | undefined {
  const value = env[name]
  if (!value) return undefined
  if (!URL.canParse(value) || !protocols.includes(new URL(value).protocol)) {
    throw new SettingsError(`${name} must be a URL that begins with ${protocols.map(each => `${each}//`).join(' or ')}`)
  }
  return value
}

function readChoice(env: NodeJS.ProcessEnv, name: string, choices: string[], fallback: string): string {
  const value = env[name] || fallback
  if (!choices.includes(value)) throw new SettingsError(`${name} must be one of ${choices.join(', ')}`)
  return value
}
