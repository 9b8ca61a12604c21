import jwt from '@fastify/jwt'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { RequestError } from '../errors.ts'
import { bearerToken, type Identity, identityOf } from '../lib/auth/identity.ts'
import { KeySource, KeysUnavailableError } from '../lib/auth/key-source.ts'
import { createServiceTokens } from '../lib/auth/service-tokens.ts'
import { TokenCache } from '../lib/auth/token-cache.ts'
import { createTokenVerifier, TokenError } from '../lib/auth/token-verifier.ts'
import { type RoutePolicy, userPolicy } from '../lib/policies/route-policy.ts'
import { type AuthOptions, checkOptions, type KeySetOptions } from './auth/options.ts'

export type { AuthOptions, KeySetOptions } from './auth/options.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The gateway's own token, for rpcs that only services may call. */
    serviceToken(): string
  }

  interface FastifyRequest {
    /** Who is signed in; null on public routes. */
    identity: Identity | null
  }

  interface FastifyContextConfig {
    /** What the edge does with calls of the route. Default: any signed-in user may call. */
    policy?: RoutePolicy
  }
}

/** How long clients should wait for the keys of an issuer that is down. */
const keysRetryAfterSeconds = 1

/**
 * Verifies the token of routes whose policy is not public, and the roles and scopes that it asks for. A route that has no
 * policy asks for a signed-in user: forgetting must never open one.
 */
export async function auth(gateway: FastifyInstance, options: AuthOptions) {
  const { secret, keySet, issuer, audience, clockToleranceMs, requiredClaims } = checkOptions(options)
  await gateway.register(jwt, { secret, sign: { algorithm: 'HS256' }, verify: { algorithms: ['HS256'] } })
  const verified = new TokenCache<Identity>()
  const keys = keySet === null ? secret : createKeySource(gateway, keySet, () => verified.clear())
  const verify = createTokenVerifier({ keys, issuer, audience, clockToleranceMs, requiredClaims })

  gateway.decorateRequest('identity', null)
  gateway.decorate(
    'serviceToken',
    createServiceTokens(claims => gateway.jwt.sign(claims), { issuer, subject: 'api-gateway' })
  )

  gateway.addHook('onRoute', function guardRoute(route) {
    const policy = route.config?.policy ?? userPolicy
    if (policy.access === 'public') return
    route.onRequest = [route.onRequest ?? []].flat().concat(async function authenticate(request: FastifyRequest) {
      const span = request.startSpan('jwt.authenticate')
      try {
        const identity = await authenticateHeader(request.headers.authorization)
        request.identity = identity
        request.span.setAttribute('user.id', identity.subject)
        checkRoles(identity, policy.roles)
        checkScopes(identity, policy.scopes)
      } catch (error) {
        if (error instanceof RequestError) span.setAttribute('error.type', error.definition.reason)
        throw error
      } finally {
        span.end()
      }
    })
  })

  async function authenticateHeader(authorization: string | undefined): Promise<Identity> {
    const token = bearerToken(authorization)
    const known = verified.get(token)
    if (known !== null) return known
    try {
      const claims = await verify(token)
      const identity = identityOf(claims, token)
      verified.set(token, identity, claims.exp * 1000)
      return identity
    } catch (error) {
      throw refusalOf(error)
    }
  }
}

function createKeySource(gateway: FastifyInstance, options: KeySetOptions, onChange: () => void): KeySource {
  const source = new KeySource({
    ...options,
    onKeys({ byId, dropped }) {
      // A key may be gone that tokens were verified with.
      onChange()
      gateway.log.info({ keys: [...byId.keys()] }, 'keys of the issuer')
      for (const { kid, problem } of dropped) gateway.log.warn({ kid, problem }, 'a key of the issuer is not used')
    },
    onFailure: error => gateway.log.warn({ err: error }, 'the keys of the issuer could not be had')
  })
  // So that the first token need not wait for them. An issuer that is down does not keep the gateway from starting.
  gateway.addHook('onReady', async function readKeys() {
    await source.refresh()
  })
  gateway.addHook('onClose', async function closeKeys() {
    source.close()
  })
  return source
}

/** What the client reads: nothing of why, but for a token whose time is over, which a new one mends. */
function refusalOf(error: unknown): RequestError {
  if (error instanceof KeysUnavailableError) {
    return new RequestError('SLUICE_ERR_AUTH_KEYS_UNAVAILABLE', {
      cause: error,
      retryAfterSeconds: keysRetryAfterSeconds
    })
  }
  const isExpired = error instanceof TokenError && error.isExpired
  return new RequestError(isExpired ? 'SLUICE_ERR_AUTH_TOKEN_EXPIRED' : 'SLUICE_ERR_AUTH_TOKEN_INVALID', {
    cause: error,
    headers: { 'www-authenticate': 'Bearer error="invalid_token"' }
  })
}

function checkRoles(identity: Identity, roles: readonly string[]): void {
  if (roles.length === 0 || roles.some(role => identity.roles.includes(role))) return
  throw new RequestError('SLUICE_ERR_AUTH_ROLE_REQUIRED', { args: [roles.join(' or ')] })
}

function checkScopes(identity: Identity, scopes: readonly string[]): void {
  if (scopes.every(scope => identity.scopes.includes(scope))) return
  const wanted = scopes.join(' ')
  // RFC 6750, section 3.1.
  const challenge = `Bearer error="insufficient_scope", scope="${wanted}"`
  throw new RequestError('SLUICE_ERR_AUTH_SCOPE_REQUIRED', {
    args: [wanted],
    headers: { 'www-authenticate': challenge }
  })
}

export default fp(auth, { name: 'sluice-auth', fastify: '5.x', dependencies: ['sluice-tracing', 'sluice-errors'] })
