/** The longest token that is looked at, in characters. Node takes 16 KiB of headers. */
const maxLength = 8 * 1024
const maxKeyIdLength = 256

/** What a token says about how it is signed. */
export interface TokenHeader {
  alg: string
  /** Null: it names no key. */
  kid: string | null
}

/** Why a text is no token that we take; never more than that is told to who sent it. */
export class TokenFormatError extends Error {
  override readonly name = 'TokenFormatError'
}

/**
 * Reads the header of a signed token (JWS compact serialisation, RFC 7515, section 7.1), strictly: each signed token has one
 * spelling, so that what is revoked or remembered by its text is the token. Keys and addresses of keys in it (`jwk`, `jku`,
 * `x5u`, `x5c`) are not looked at.
 *
 * @throws {TokenFormatError}
 */
export function readTokenHeader(token: string): TokenHeader {
  if (token.length > maxLength) throw new TokenFormatError('longer than 8 KiB')
  const parts = token.split('.')
  if (parts.length !== 3) throw new TokenFormatError('not three parts')
  const [header, payload] = parts.map(decode)
  const { alg, kid, typ, crit, zip, enc, b64 } = readObject(header!)
  readObject(payload!)
  // Extensions that change what is signed, or how it is read: none is understood (RFC 7515, section 4.1.11).
  if (crit !== undefined || zip !== undefined || enc !== undefined || b64 !== undefined) {
    throw new TokenFormatError('an extension that is not understood')
  }
  if (typ !== undefined && !isTokenType(typ)) throw new TokenFormatError('no type of token')
  if (typeof alg !== 'string') throw new TokenFormatError('no algorithm')
  if (kid === undefined) return { alg, kid: null }
  if (typeof kid !== 'string' || kid.length > maxKeyIdLength) throw new TokenFormatError('no name of a key')
  return { alg, kid }
}

/** `JWT`, or the type of access tokens (RFC 9068, section 2.1). */
function isTokenType(typ: unknown): boolean {
  return typeof typ === 'string' && /^(application\/)?(jwt|at\+jwt)$/i.test(typ)
}

/** Bits that mean nothing must be 0, and there is no padding: RFC 4648, section 3.5. */
function decode(part: string): Buffer {
  const bytes = Buffer.from(part, 'base64url')
  if (part === '' || bytes.toString('base64url') !== part) throw new TokenFormatError('not base64url')
  return bytes
}

function readObject(bytes: Buffer): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(utf8.decode(bytes))
  } catch {
    throw new TokenFormatError('not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TokenFormatError('not an object')
  return value as Record<string, unknown>
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
