const lifetimeSeconds = 60
/** A token is replaced while it has this left, so that none expires on the way. */
const reserveSeconds = 20

export interface ServiceTokenOptions {
  issuer: string
  /** The name of the service, as `sub`. */
  subject: string
  /** Milliseconds since the epoch. Default: `Date.now()`. */
  now?: () => number
}

/**
 * Keeps a token by which a service calls others: `aud` is "internal", it lives 60 s, and is signed anew before its end.
 *
 * @param sign signs claims.
 */
export function createServiceTokens(
  sign: (claims: Record<string, unknown>) => string,
  { issuer, subject, now = () => Date.now() }: ServiceTokenOptions
): () => string {
  let token = ''
  let renewAt = 0
  return () => {
    const seconds = Math.floor(now() / 1000)
    if (seconds < renewAt) return token
    token = sign({ sub: subject, iss: issuer, aud: 'internal', iat: seconds, exp: seconds + lifetimeSeconds })
    renewAt = seconds + lifetimeSeconds - reserveSeconds
    return token
  }
}
