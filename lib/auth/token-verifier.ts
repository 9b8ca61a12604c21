import { createVerifier } from 'fast-jwt'
import type { VerificationKey } from './key-set.ts'
import { readTokenHeader } from './token-format.ts'

/** The claims of a verified token (RFC 7519, section 4). */
export interface Claims {
  /** In seconds since the epoch. */
  exp: number
  [name: string]: unknown
}

/** Where the keys of an issuer are found; see KeySource. */
export interface Keys {
  find(kid: string | null): VerificationKey | null | Promise<VerificationKey | null>
}

export interface TokenVerifierOptions {
  /** The key of HS256, or the keys of other algorithms. */
  keys: Buffer | Keys
  /** The `iss` that tokens must carry. */
  issuer: string
  /** The `aud` that tokens must carry, alone or among others. */
  audience: string
  /** How far the clocks of the issuer and of this machine may be apart, in milliseconds. */
  clockToleranceMs: number
  /** Claims without which a token is not taken. */
  requiredClaims: readonly string[]
  /** Milliseconds since the epoch. Default: `Date.now()`. */
  now?: () => number
}

/** The token proves nothing: who sent it learns no more than that, and whether its time is over. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  readonly isExpired: boolean

  constructor(problem: string, isExpired: boolean, cause?: unknown) {
    super(problem, { cause })
    this.isExpired = isExpired
  }
}

/** 9999-12-31T23:59:59Z. What is later is a mistake, or an attempt at one. */
const latestSeconds = 253_402_300_799

type Verify = (token: string) => Claims

/**
 * Verifies tokens (RFC 7519, RFC 8725): one spelling each, an algorithm that belongs to the key, the issuer, the audience, and
 * the times. The promise is there only when keys must be asked for.
 *
 * @throws {TokenError} also by the promise
 * @throws {KeysUnavailableError} also by the promise
 */
export function createTokenVerifier(options: TokenVerifierOptions): (token: string) => Claims | Promise<Claims> {
  const { keys, now = () => Date.now() } = options
  const check = (verify: Verify, token: string) => checkClaims(call(verify, token), options, now())
  if (Buffer.isBuffer(keys)) {
    const verify = verifierOf(keys, ['HS256'], options)
    return token => {
      readHeader(token)
      return check(verify, token)
    }
  }
  const source: Keys = keys
  const verifiers = new WeakMap<VerificationKey, Verify>()

  function withKey(key: VerificationKey | null, alg: string, token: string): Claims {
    if (key === null) throw new TokenError('no key of this name', false)
    if (!key.algorithms.includes(alg)) throw new TokenError('an algorithm that the key is not for', false)
    let verify = verifiers.get(key)
    if (verify === undefined) {
      verify = verifierOf(key.key.export({ type: 'spki', format: 'pem' }), key.algorithms, options)
      verifiers.set(key, verify)
    }
    return check(verify, token)
  }

  return token => {
    const { alg, kid } = readHeader(token)
    const key = source.find(kid)
    return key instanceof Promise ? key.then(found => withKey(found, alg, token)) : withKey(key, alg, token)
  }
}

function readHeader(token: string) {
  try {
    return readTokenHeader(token)
  } catch (error) {
    throw new TokenError('no token', false, error)
  }
}

function verifierOf(key: string | Buffer, algorithms: readonly string[], options: TokenVerifierOptions): Verify {
  const { issuer, audience, clockToleranceMs, requiredClaims } = options
  return createVerifier({
    key,
    algorithms: algorithms as never,
    allowedIss: issuer,
    allowedAud: audience,
    requiredClaims: [...new Set(['exp', 'iss', 'aud', ...requiredClaims])],
    clockTolerance: clockToleranceMs,
    // One that the claims themselves bound is ours.
    cache: false
  }) as Verify
}

function call(verify: Verify, token: string): Claims {
  try {
    return verify(token)
  } catch (error) {
    throw new TokenError('the token is not good', (error as { code?: unknown }).code === 'FAST_JWT_EXPIRED', error)
  }
}

/** What the library lets pass: times that are none, and an issue that is still to come. */
function checkClaims(claims: Claims, { clockToleranceMs }: TokenVerifierOptions, nowMs: number): Claims {
  for (const name of ['exp', 'iat', 'nbf']) {
    const time = claims[name]
    if (time === undefined && name !== 'exp') continue
    if (!(typeof time === 'number' && time >= 0 && time <= latestSeconds))
      throw new TokenError(`${name} is no time`, false)
  }
  if (typeof claims.iat === 'number' && claims.iat * 1000 > nowMs + clockToleranceMs) {
    throw new TokenError('issued in the future', false)
  }
  return claims
}
