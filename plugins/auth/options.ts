import { StartError } from '../../errors.ts'
import { isKeySetUrl } from '../../lib/auth/key-set-url.ts'

export interface KeySetOptions {
  /** Where the issuer publishes its keys as a JWK set: `https:`, or `http:` on this machine. */
  url: string
  /** Whether `http:` will do, as in a network of one's own. Default false. */
  allowHttp?: boolean
  /** How long an answer may take, in milliseconds. Default 5,000. */
  timeoutMs?: number
  /** How long keys are used before they are asked for again, in milliseconds. Default 600,000. */
  maxAgeMs?: number
  /** How far questions are apart at least, in milliseconds. Default 30,000. */
  cooldownMs?: number
}

export interface AuthOptions {
  /** The key of HS256: what the gateway's own tokens are signed with, and those of users unless there is `keySet`. */
  secret: Buffer
  /** Tokens of users are verified with these keys, and with no shared secret. Default null. */
  keySet?: KeySetOptions | null
  /** The `iss` that tokens must carry. */
  issuer: string
  /** The `aud` that tokens of users must carry. */
  audience: string
  /** How far the clocks of the issuer and of the gateway may be apart, in milliseconds. Default 30,000. */
  clockToleranceMs?: number
  /** Claims without which a token is not taken, besides `iss`, `aud` and `exp`. Default `sub` and `iat`. */
  requiredClaims?: readonly string[]
}

/** @throws {StartError} SLUICE_ERR_OPTION_INVALID */
export function checkOptions(options: AuthOptions): Required<AuthOptions> {
  const {
    secret,
    issuer,
    audience,
    keySet = null,
    clockToleranceMs = 30_000,
    requiredClaims = ['sub', 'iat']
  } = options
  if (!Buffer.isBuffer(secret) || secret.length < 32) throw invalid('secret must be at least 32 bytes')
  if (typeof issuer !== 'string' || issuer === '') throw invalid('issuer must be a text')
  if (typeof audience !== 'string' || audience === '') throw invalid('audience must be a text')
  if (!(clockToleranceMs >= 0 && clockToleranceMs <= 300_000))
    throw invalid('clockToleranceMs must be from 0 to 300000')
  if (!Array.isArray(requiredClaims) || !requiredClaims.every(name => typeof name === 'string' && name !== '')) {
    throw invalid('requiredClaims must be names')
  }
  if (keySet !== null) checkKeySet(keySet)
  return { secret, issuer, audience, keySet, clockToleranceMs, requiredClaims }
}

function checkKeySet({ url, allowHttp, ...times }: KeySetOptions): void {
  if (!isKeySetUrl(url, allowHttp)) throw invalid('keySet.url must be https:, or http: on this machine')
  for (const [name, ms] of Object.entries(times)) if (!(ms > 0)) throw invalid(`keySet.${name} must be above 0`)
}

function invalid(problem: string): StartError {
  return new StartError('SLUICE_ERR_OPTION_INVALID', ['auth', problem])
}
