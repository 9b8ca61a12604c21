import { createPrivateKey, createPublicKey, hash, type JsonWebKey, type KeyObject } from 'node:crypto'
import { readKeySet, type VerificationKey } from '../../lib/auth/key-set.ts'

/** The keys that tokens of users are signed and verified with: ES256. */
export interface SigningKeys {
  /** What new tokens are signed with. */
  kid: string
  privateKey: KeyObject
  /** The JWK set that is published: also the previous key, until the last of its tokens is over. */
  document: string
  /** The published key of a name, or null. */
  find(kid: string | null): VerificationKey | null
}

/**
 * Reads private keys in PEM, on the curve P-256.
 *
 * @param previous the one that was current before.
 * @throws {TypeError} that says what is wrong, and nothing of the key
 */
export function readSigningKeys(current: string, previous?: string): SigningKeys {
  const privateKey = readPrivateKey(current)
  const published = [privateKey, ...(previous === undefined ? [] : [readPrivateKey(previous)])].map(publish)
  const document = JSON.stringify({ keys: published })
  const { byId } = readKeySet(document)
  return { kid: published[0]!.kid, privateKey, document, find: kid => (kid === null ? null : (byId.get(kid) ?? null)) }
}

function readPrivateKey(pem: string): KeyObject {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch {
    throw new TypeError('must be a private key in PEM')
  }
  const isP256 = key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
  if (!isP256) throw new TypeError('must be a key on the curve P-256')
  return key
}

function publish(privateKey: KeyObject): JsonWebKey & { kid: string } {
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
  return { ...jwk, kid: thumbprint(jwk), alg: 'ES256', use: 'sig' }
}

/** RFC 7638: the same key has the same name wherever it is read. */
function thumbprint({ crv, kty, x, y }: JsonWebKey): string {
  return hash('sha256', JSON.stringify({ crv, kty, x, y }), 'base64url')
}
