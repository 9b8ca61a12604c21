import { RequestError } from '../../errors.ts'

/** Who makes a request, by a verified token. */
export interface Identity {
  /** The id of the user. */
  subject: string
  roles: readonly string[]
  /** What the token may be used for: its `scope`. */
  scopes: readonly string[]
  /** All claims of the token. */
  claims: Readonly<Record<string, unknown>>
  /** The header to forward. */
  authorization: string
}

/** The scheme in any case, then one space (RFC 9110, section 11.4), then a token of RFC 6750's alphabet. */
const bearer = /^Bearer ([A-Za-z0-9\-._~+/]+=*)$/i

/**
 * The token of an `Authorization` header.
 *
 * @throws {RequestError} SLUICE_ERR_AUTH_HEADER_MISSING, SLUICE_ERR_AUTH_HEADER_INVALID
 */
export function bearerToken(authorization: string | undefined): string {
  if (authorization === undefined || authorization === '') throw new RequestError('SLUICE_ERR_AUTH_HEADER_MISSING')
  const token = bearer.exec(authorization)?.[1]
  if (token === undefined) throw new RequestError('SLUICE_ERR_AUTH_HEADER_INVALID')
  return token
}

/**
 * Who the verified claims are about.
 *
 * @throws {TypeError} when they are not about a user.
 */
export function identityOf(claims: unknown, token: string): Identity {
  const { sub, user_id = sub, roles = [], scope = '' } = claims as Record<string, unknown>
  if (typeof sub !== 'string' || sub === '') throw new TypeError('sub must be a text')
  // Services read either; two users in one token would be one too many.
  if (user_id !== sub) throw new TypeError('user_id must be sub')
  if (!Array.isArray(roles) || roles.some(role => typeof role !== 'string')) throw new TypeError('roles must be texts')
  return {
    subject: sub,
    roles,
    scopes: scopesOf(scope),
    claims: claims as Record<string, unknown>,
    authorization: `Bearer ${token}`
  }
}

/** Words with a space between them (RFC 8693, section 4.2); some issuers write a list. */
function scopesOf(scope: unknown): string[] {
  if (typeof scope === 'string') return scope.split(' ').filter(word => word !== '')
  if (Array.isArray(scope) && scope.every(word => typeof word === 'string')) return scope
  throw new TypeError('scope must be a text')
}
