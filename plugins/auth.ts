import jwt from '@fastify/jwt'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { RequestError } from '../errors.ts'
import { bearerToken, type Identity, identityOf } from '../lib/auth/identity.ts'
import { createServiceTokens } from '../lib/auth/service-tokens.ts'
import { type RoutePolicy, userPolicy } from '../lib/policies/route-policy.ts'

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

export interface AuthOptions {
  /** The key of HS256. */
  secret: Buffer
  /** The `iss` that tokens must carry. */
  issuer: string
  /** The `aud` that tokens of users must carry. */
  audience: string
}

/** How far the clocks of the signer and of the gateway may be apart. */
const clockToleranceMs = 30_000
const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' }

/**
 * Verifies the token of routes whose policy is not public, and the roles that it asks for. A route that has no policy asks
 * for a signed-in user: forgetting must never open one.
 */
async function auth(gateway: FastifyInstance, { secret, issuer, audience }: AuthOptions) {
  await gateway.register(jwt, {
    secret,
    sign: { algorithm: 'HS256' },
    verify: {
      algorithms: ['HS256'],
      allowedIss: issuer,
      allowedAud: audience,
      requiredClaims: ['sub', 'iss', 'aud', 'iat', 'exp'],
      clockTolerance: clockToleranceMs
    }
  })

  gateway.decorateRequest('identity', null)
  gateway.decorate(
    'serviceToken',
    createServiceTokens(claims => gateway.jwt.sign(claims), { issuer, subject: 'api-gateway' })
  )

  gateway.addHook('onRoute', function guardRoute(route) {
    const { access, roles } = route.config?.policy ?? userPolicy
    if (access === 'public') return
    route.onRequest = [route.onRequest ?? []].flat().concat(async function authenticate(request: FastifyRequest) {
      const span = request.startSpan('jwt.authenticate')
      try {
        const identity = authenticateHeader(request.headers.authorization)
        request.identity = identity
        request.span.setAttribute('user.id', identity.subject)
        checkRoles(identity, roles)
      } catch (error) {
        if (error instanceof RequestError) span.setAttribute('error.type', error.definition.reason)
        throw error
      } finally {
        span.end()
      }
    })
  })

  function authenticateHeader(authorization: string | undefined): Identity {
    const token = bearerToken(authorization)
    try {
      return identityOf(gateway.jwt.verify(token), token)
    } catch (error) {
      const expired = (error as { code?: unknown }).code === 'FAST_JWT_EXPIRED'
      const code = expired ? 'SLUICE_ERR_AUTH_TOKEN_EXPIRED' : 'SLUICE_ERR_AUTH_TOKEN_INVALID'
      throw new RequestError(code, { cause: error, headers: challenge })
    }
  }
}

function checkRoles(identity: Identity, roles: readonly string[]): void {
  if (roles.length === 0 || roles.some(role => identity.roles.includes(role))) return
  throw new RequestError('SLUICE_ERR_AUTH_ROLE_REQUIRED', { args: [roles.join(' or ')] })
}

export default fp(auth, { name: 'sluice-auth', fastify: '5.x', dependencies: ['sluice-tracing', 'sluice-errors'] })
