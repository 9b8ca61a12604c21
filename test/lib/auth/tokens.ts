import { createHmac, generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto'

/** The parts of a token, as they are written. */
export function encode(part: unknown): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url')
}

/** A token of HS256, with whatever header and payload. */
export function signShared(header: object, payload: unknown, secret: string | Buffer): string {
  const input = `${encode({ alg: 'HS256', typ: 'JWT', ...header })}.${encode(payload)}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

export interface IssuerKey {
  kid: string
  alg: string
  privateKey: KeyObject
  /** What the issuer publishes of it. */
  jwk: Record<string, unknown>
}

/** A new pair of keys. */
export function createKey(kid: string, alg = 'ES256', bits = 2_048): IssuerKey {
  const { publicKey, privateKey } = generate(alg, bits)
  return { kid, alg, privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), kid, alg, use: 'sig' } }
}

/** A token that is signed with this key. */
export function signWith({ kid, alg, privateKey }: IssuerKey, payload: object, header: object = {}): string {
  const input = `${encode({ alg, kid, typ: 'JWT', ...header })}.${encode(payload)}`
  return `${input}.${signInput(input, alg, privateKey).toString('base64url')}`
}

const curves: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }

function generate(alg: string, bits: number) {
  if (alg === 'EdDSA') return generateKeyPairSync('ed25519')
  const namedCurve = curves[alg]
  if (namedCurve !== undefined) return generateKeyPairSync('ec', { namedCurve })
  return generateKeyPairSync('rsa', { modulusLength: bits })
}

function signInput(input: string, alg: string, key: KeyObject): Buffer {
  const bytes = Buffer.from(input)
  if (alg === 'EdDSA') return signBytes(null, bytes, key)
  const hash = `sha${alg.slice(2)}`
  if (alg.startsWith('ES')) return signBytes(hash, bytes, { key, dsaEncoding: 'ieee-p1363' })
  // RSA_PKCS1_PSS_PADDING, with a salt as long as the hash; or RSA_PKCS1_PADDING.
  const padding = alg.startsWith('PS') ? { padding: 6, saltLength: Number(alg.slice(2)) / 8 } : { padding: 1 }
  return signBytes(hash, bytes, { key, ...padding })
}
