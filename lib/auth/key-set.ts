import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { rsaWeakness } from './weak-rsa.ts'

/** A key that verifies tokens. */
export interface VerificationKey {
  /** The name that tokens call it by; null: none. */
  kid: string | null
  /** The algorithms that it may be used with. */
  algorithms: readonly string[]
  key: KeyObject
}

/** The keys of an issuer. */
export interface KeySet {
  byId: ReadonlyMap<string, VerificationKey>
  /** The only key, for tokens that name none; null when there are several. */
  only: VerificationKey | null
  /** What was left out, and why. */
  dropped: readonly { kid: string; problem: string }[]
}

/** A document that is no key set. */
export class KeySetError extends Error {
  override readonly name = 'KeySetError'
}

const maxKeys = 100
const maxKeyIdLength = 256
const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512']
const curveAlgorithms: Readonly<Record<string, readonly string[]>> = {
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: ['EdDSA']
}

/** Members that only a private or a shared key has: who publishes one has lost it. */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * Reads a JWK set (RFC 7517, section 5). Keys that cannot be used, or are too weak to be, are left out, and so are all keys of a
 * name that several have: which one is meant is not for us to guess.
 *
 * @throws {KeySetError} when it is no key set, or has more than 100 keys
 */
export function readKeySet(text: string): KeySet {
  const found: VerificationKey[] = []
  const dropped: { kid: string; problem: string }[] = []
  for (const jwk of readKeys(text)) {
    const key = readKey(jwk)
    if (typeof key === 'string') dropped.push({ kid: nameOf(jwk), problem: key })
    else found.push(key)
  }
  const byId = new Map<string, VerificationKey>()
  for (const key of found) {
    const { kid } = key
    if (kid === null) continue
    if (found.some(other => other !== key && other.kid === kid))
      dropped.push({ kid, problem: 'a name of several keys' })
    else byId.set(kid, key)
  }
  return { byId, only: found.length === 1 ? found[0]! : null, dropped }
}

function readKeys(text: string): JsonWebKey[] {
  let document: { keys?: unknown } | null
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw new KeySetError('the key set is not JSON', { cause: error })
  }
  const keys = document?.keys
  if (!Array.isArray(keys)) throw new KeySetError('the key set has no keys')
  if (keys.length > maxKeys) throw new KeySetError(`the key set has ${keys.length} keys, more than ${maxKeys}`)
  return keys.filter(key => typeof key === 'object' && key !== null)
}

/** The key, or why it is left out. */
function readKey(jwk: JsonWebKey): VerificationKey | string {
  const { kid, use, alg, key_ops } = jwk as Record<string, unknown>
  if (kid !== undefined && (typeof kid !== 'string' || kid.length > maxKeyIdLength)) return 'a name that is none'
  if (secretMembers.some(member => jwk[member] !== undefined)) return 'a key that is not public'
  if (use !== undefined && use !== 'sig') return 'not for signatures'
  if (Array.isArray(key_ops) && !key_ops.includes('verify')) return 'not for signatures'
  const possible = algorithmsOf(jwk)
  const algorithms = alg === undefined ? possible : possible.filter(algorithm => algorithm === alg)
  if (algorithms.length === 0) return 'no algorithm that is supported'
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const weakness = weaknessOf(jwk, key)
    return weakness ?? { kid: kid ?? null, algorithms, key }
  } catch {
    return 'no key'
  }
}

function algorithmsOf({ kty, crv }: JsonWebKey): readonly string[] {
  if (kty === 'RSA') return rsaAlgorithms
  const isCurve = kty === 'EC' ? crv !== 'Ed25519' : kty === 'OKP' && crv === 'Ed25519'
  return (isCurve && typeof crv === 'string' && Object.hasOwn(curveAlgorithms, crv) && curveAlgorithms[crv]) || []
}

function weaknessOf({ kty, n }: JsonWebKey, key: KeyObject): string | null {
  if (kty !== 'RSA') return null
  return rsaWeakness(Buffer.from(n!, 'base64url'), key.asymmetricKeyDetails?.publicExponent ?? 0n)
}

function nameOf({ kid }: JsonWebKey): string {
  return typeof kid === 'string' ? kid.slice(0, maxKeyIdLength) : ''
}
