import { createSecretKey } from 'node:crypto'
import { Code, createContextKey, type HandlerContext } from '@connectrpc/connect'
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { KeySource, KeysUnavailableError } from '../../lib/auth/key-source.ts'
import { readTokenHeader } from '../../lib/auth/token-format.ts'
import { createTokenVerifier, TokenError } from '../../lib/auth/token-verifier.ts'
import { newId } from './ids.ts'
import { failure } from './service-error.ts'
import type { SigningKeys } from './signing-keys.ts'

/** How long an access token of a user lives, in seconds. */
export const accessTokenSeconds = 3_600

const serviceTokenSeconds = 60
/** A cached service token is replaced when less than this is left of it. */
const serviceTokenReserveSeconds = 20
const clockSkewSeconds = 30
const internalAudience = 'internal'

/** Who makes a call, by a verified token. */
export interface Caller {
  /** The id of a user, or the name of a service. */
  subject: string
  kind: 'user' | 'service'
  /** Of 'customer', 'operator', 'admin'; an admin holds 'operator' too. A service holds none. */
  roles: ReadonlySet<string>
  /** The token itself, to forward it. */
  token: string
}

export interface TokenSettings {
  /** The shared key of HS256; at least 32 bytes. */
  secret: string
  /** The `iss` that tokens carry and must carry. */
  issuer: string
  /** The `aud` of user tokens. */
  audience: string
  /** What tokens of users are signed with, in place of the shared key: for the service that signs in. */
  signingKeys?: SigningKeys
  /** Where that service publishes its keys: tokens of users are verified with them, and not with the shared key. */
  keySetUrl?: string
}

export interface UserClaims {
  userId: string
  roles: string[]
  /** Counts up when the user's sessions are ended; carried as `ver`. */
  tokenVersion: number
}

export type Tokens = ReturnType<typeof createTokens>

/**
 * Signs and verifies the shop's tokens: JWTs (RFC 7519). Those of services are HS256, and so are those of users, unless there
 * are keys for them.
 */
export function createTokens(settings: TokenSettings) {
  const key = createSecretKey(Buffer.from(settings.secret))
  const verifyUser = userVerifier(settings)
  // With keys of their own, the shared key proves no user.
  const sharedAudiences = verifyUser === null ? [settings.audience, internalAudience] : [internalAudience]
  const serviceTokens = new Map<string, { token: string; renewAt: number }>()

  async function verifyShared(token: string): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['HS256'],
      issuer: settings.issuer,
      audience: sharedAudiences,
      clockTolerance: clockSkewSeconds,
      requiredClaims: ['sub', 'iat', 'exp']
    })
    return payload
  }

  function sign(
    claims: JWTPayload,
    subject: string,
    audience: string,
    issuedAt: number,
    seconds: number,
    keys?: SigningKeys
  ) {
    return new SignJWT(claims)
      .setProtectedHeader(
        keys === undefined ? { alg: 'HS256', typ: 'JWT' } : { alg: 'ES256', typ: 'JWT', kid: keys.kid }
      )
      .setSubject(subject)
      .setIssuer(settings.issuer)
      .setAudience(audience)
      .setJti(newId())
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + seconds)
      .sign(keys?.privateKey ?? key)
  }

  return {
    /**
     * Takes a user's token (aud = the configured audience) or a service's (aud = "internal"), with 30 s of clock skew.
     *
     * @throws UNAUTHENTICATED TOKEN_EXPIRED, TOKEN_INVALID
     */
    async verify(token: string): Promise<Caller> {
      try {
        const isShared = verifyUser === null || readTokenHeader(token).alg === 'HS256'
        return callerFrom(isShared ? await verifyShared(token) : await verifyUser(token), token)
      } catch (error) {
        if (error instanceof KeysUnavailableError) {
          throw failure(Code.Unavailable, 'KEYS_UNAVAILABLE', 'the keys of tokens are not known yet', { cause: error })
        }
        if (error instanceof errors.JWTExpired || (error instanceof TokenError && error.isExpired))
          throw failure(Code.Unauthenticated, 'TOKEN_EXPIRED', 'token has expired')
        throw failure(Code.Unauthenticated, 'TOKEN_INVALID', 'invalid token', { cause: error })
      }
    },

    /** A token by which a service calls another: lives 60 s, kept until near its end. */
    async signService(name: string): Promise<string> {
      const now = epochSeconds()
      const kept = serviceTokens.get(name)
      if (kept !== undefined && now < kept.renewAt) return kept.token
      const token = await sign({}, name, internalAudience, now, serviceTokenSeconds)
      serviceTokens.set(name, { token, renewAt: now + serviceTokenSeconds - serviceTokenReserveSeconds })
      return token
    },

    /** The access token of a user: lives one hour. */
    async signUser(claims: UserClaims): Promise<{ token: string; expiresAt: Date }> {
      const now = epochSeconds()
      const payload = { user_id: claims.userId, roles: claims.roles, ver: claims.tokenVersion }
      const token = await sign(payload, claims.userId, settings.audience, now, accessTokenSeconds, settings.signingKeys)
      return { token, expiresAt: new Date((now + accessTokenSeconds) * 1000) }
    }
  }
}

/** Where the access interceptor leaves the caller for the handler. */
export const callerKey = createContextKey<Caller | null>(null, { description: 'caller' })

/**
 * Who makes this call.
 *
 * @throws UNAUTHENTICATED TOKEN_MISSING when the method is public, so that no token was looked at.
 */
export function callerOf(context: HandlerContext): Caller {
  const caller = context.values.get(callerKey)
  if (caller === null) throw failure(Code.Unauthenticated, 'TOKEN_MISSING', 'missing authorization header')
  return caller
}

/** Whether the caller may see and change what belongs to others: operators, admins and services. */
export function actsForOthers(caller: Caller): boolean {
  return caller.kind === 'service' || caller.roles.has('operator')
}

/** Verifies tokens of users by the keys of who signs them; null: they are signed with the shared key. */
function userVerifier({ signingKeys, keySetUrl, issuer, audience }: TokenSettings) {
  const keys = signingKeys ?? (keySetUrl === undefined ? null : new KeySource({ url: keySetUrl }))
  if (keys === null) return null
  return createTokenVerifier({
    keys,
    issuer,
    audience,
    clockToleranceMs: clockSkewSeconds * 1_000,
    requiredClaims: ['sub', 'iat']
  })
}

function callerFrom(payload: JWTPayload, token: string): Caller {
  const subject = payload.sub
  if (typeof subject !== 'string' || subject === '') throw new errors.JWTInvalid('no subject')
  if (payload.aud === internalAudience) return { subject, kind: 'service', roles: new Set(), token }
  if (payload.user_id !== undefined && payload.user_id !== subject) throw new errors.JWTInvalid('user_id is not sub')
  const granted = Array.isArray(payload.roles) ? payload.roles.filter(role => typeof role === 'string') : []
  const roles = new Set<string>(granted)
  if (roles.has('admin')) roles.add('operator')
  return { subject, kind: 'user', roles, token }
}

function epochSeconds(): number {
  return Math.floor(Date.now() / 1000)
}
