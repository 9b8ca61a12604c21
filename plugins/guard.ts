import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { RequestError, StartError } from '../errors.ts'
import { failureOf } from '../lib/errors/failure.ts'
import { asksForUpgrade } from '../lib/http/guard/connection.ts'
import { checkCharset, checkContentType, checkEncoding, jsonType } from '../lib/http/guard/content.ts'
import { compileIsInternal, isNamePattern } from '../lib/http/guard/headers.ts'
import { compileInspect, type InspectRules } from '../lib/http/guard/inspect.ts'
import { malformed } from '../lib/http/guard/malformed.ts'
import { compileIsTrusted, isProxyRange } from '../lib/http/guard/proxies.ts'
import { checkPath, isPlainPath, toOriginForm } from '../lib/http/guard/target.ts'
import { answerRaw } from '../lib/http/raw-answer.ts'
import { hasBody, splitUrl } from '../lib/http/raw-request.ts'
import { routingErrorOf } from './guard/every-request.ts'

export { everyRequest } from './guard/every-request.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    guard?: {
      /** Whether values of the path may hold `%2F` and `%5C`: the route decodes them itself. Default: no. */
      encodedSlashes?: boolean
    }
  }
}

export interface GuardOptions {
  /** Headers that a request may have. Default 100. */
  maxHeaders?: number
  /** Addresses of `X-Forwarded-For` that are kept, from the right. Default 20. */
  maxForwardedFor?: number
  /**
   * Headers that only the gateway and what is behind it may set, in any case; with a `*` at its end, all that begin so. They
   * are taken off. Default: `defaultInternalHeaders`.
   */
  internalHeaders?: readonly string[]
  /**
   * The addresses and CIDR ranges of proxies whose `Forwarded`, `X-Forwarded-*` and `X-Real-IP` count; those of others are
   * taken off. Give Fastify the same as `trustProxy`. Default false: nobody's.
   */
  trustedProxies?: false | readonly string[]
}

/** Who somebody is, by what right, for how long: nobody outside may say that to what is behind the gateway. */
export const defaultInternalHeaders: readonly string[] = [
  'x-user-id',
  'x-gateway-*',
  'x-envoy-*',
  'x-forwarded-client-cert',
  'x-original-url',
  'x-rewrite-url',
  'x-http-method-override',
  'grpc-timeout',
  'connect-timeout-ms'
]

/**
 * Refuses requests that others could read differently than Fastify, and takes off what clients may not say. Register it
 * before all that decides by the request; what only observes may come before, and then sees refusals too.
 *
 * Fastify should have the options `everyRequest`: without them, its router answers targets that it cannot decode by itself.
 *
 * @throws {StartError} SLUICE_ERR_OPTION_INVALID
 */
export async function guard(gateway: FastifyInstance, options: GuardOptions): Promise<void> {
  const inspect = compileInspect(rulesOf(gateway, options))
  /** Connections that end with an answer under way: what is behind its request may not be one. */
  const ending = new WeakSet<Socket>()

  gateway.addHook('onRequest', function guardRequest(request, reply, done) {
    const { raw } = request
    try {
      if (ending.has(raw.socket)) throw malformed('the one before it ended the connection')
      if (asksForUpgrade(raw.headers)) {
        ending.add(raw.socket)
        reply.header('connection', 'close')
      }
      inspect(raw, request.originalUrl)
      checkRoutedPath(request)
      const routingError = routingErrorOf(raw)
      if (routingError !== undefined) throw routingError
      if (hasBody(raw)) checkContent(raw)
    } catch (error) {
      if (endsConnection(error)) ending.add(raw.socket)
      done(error as Error)
      return
    }
    done()
  })

  // Node answers these by itself, in a shape of its own or not at all.
  gateway.server.on('checkExpectation', (request, response) => gateway.routing(request, response))
  gateway.server.on('connect', (_request, socket) => {
    answerRaw(failureOf(malformed('the target must be a path')), socket)
  })
}

/** The path as it was sent. What the route says of itself is costly to ask for, and needed by few. */
function checkRoutedPath(request: FastifyRequest): void {
  const { rawPath } = splitUrl({ url: toOriginForm(request.originalUrl) ?? '' })
  if (isPlainPath(rawPath)) return
  checkPath(rawPath, request.routeOptions.config.guard?.encodedSlashes === true)
}

function checkContent({ headers }: IncomingMessage): void {
  checkEncoding(headers)
  const type = headers['content-type']?.toLowerCase() ?? ''
  checkContentType(type)
  if (jsonType.test(type)) checkCharset(type)
}

function endsConnection(error: unknown): boolean {
  return error instanceof RequestError && error.headers.connection === 'close'
}

function rulesOf(gateway: FastifyInstance, options: GuardOptions): InspectRules {
  const { maxHeaders = 100, maxForwardedFor = 20, trustedProxies = false } = options
  const { internalHeaders = defaultInternalHeaders } = options
  if ('http2' in gateway.initialConfig && gateway.initialConfig.http2) throw invalid('HTTP/2 has no text to guard')
  if (!isCount(maxHeaders)) throw invalid('maxHeaders must be a whole number above 0')
  if (!isCount(maxForwardedFor)) throw invalid('maxForwardedFor must be a whole number above 0')
  if (!isListOf(internalHeaders, isNamePattern)) throw invalid('internalHeaders must be names of headers')
  if (trustedProxies !== false && !isListOf(trustedProxies, isProxyRange)) {
    throw invalid('trustedProxies must be false or a list of addresses and CIDR ranges')
  }
  return {
    maxHeaders,
    maxForwardedFor,
    isInternal: compileIsInternal(internalHeaders),
    isTrusted: compileIsTrusted(trustedProxies)
  }
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value > 0
}

function isListOf(list: unknown, isOne: (text: string) => boolean): boolean {
  return Array.isArray(list) && list.every(each => typeof each === 'string' && isOne(each))
}

function invalid(problem: string): StartError {
  return new StartError('SLUICE_ERR_OPTION_INVALID', ['guard', problem])
}

export default fp(guard, { name: 'sluice-guard', fastify: '5.x', dependencies: [] })
