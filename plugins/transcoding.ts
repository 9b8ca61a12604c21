import type { DescMethod, DescService } from '@bufbuild/protobuf'
import type { FastifyInstance, RouteHandlerMethod } from 'fastify'
import fp from 'fastify-plugin'
import { StartError } from '../errors.ts'
import { didYouMean, quoteName } from '../lib/codec/nearest.ts'
import { httpRules, RuleError } from '../lib/httprule/rules.ts'
import { type RoutePolicy, routePolicy } from '../lib/policies/route-policy.ts'
import { compileRoute } from '../lib/transcode/bind.ts'
import { headerFields } from '../lib/transcode/header-fields.ts'
import { compileLocation, type ServedRule } from '../lib/transcode/location.ts'
import { nullFields } from '../lib/transcode/nulls.ts'
import { compileBindRequest } from './transcode/bind-request.ts'
import { bodyKindOf, takeJsonBodies, withBodies } from './transcode/body.ts'
import { clientStreamHandler } from './transcode/client-stream.ts'
import { createOpenStreams } from './transcode/open-streams.ts'
import type { MethodOptions, TranscodeOptions } from './transcode/options.ts'
import type { RouteParts } from './transcode/route-parts.ts'
import { createRouting, type Routing } from './transcode/routing.ts'
import { serverStreamHandler } from './transcode/server-stream.ts'
import type { TranscodedRoute } from './transcode/transcoded-route.ts'
import { unaryHandler } from './transcode/unary.ts'
import { warnOfOverlaps } from './transcode/warn-of-overlaps.ts'
import type { Upstream } from './upstreams.ts'

export type { Handler, MethodOptions, TranscodeOptions } from './transcode/options.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Serves a protobuf service over HTTP+JSON, by the google.api.http rules and the policies in its descriptor: a route
     * per rule, in the calling plugin's scope. Rpcs without a rule, and those for services only, have no route.
     *
     * @throws {StartError} for a bad policy or option, a scope with a prefix, or a plain route with the same path
     * @throws {RuleError} for a bad rule, one that is there already, or one of an rpc that streams in both directions
     */
    transcode<Service extends DescService>(service: Service, options: TranscodeOptions<Service>): void
    /** The routes that serve rpcs, in the order in which they were added. */
    transcodedRoutes: readonly TranscodedRoute[]
  }
}

export interface TranscodingOptions {
  /** After how long a silence a Server-Sent Events stream is kept alive by a comment, in milliseconds. Default 15,000. */
  keepAliveMs?: number
}

/** How much longer a handler may run than its policy's deadline, once the request has arrived. */
const handlerGraceMs = 250
/** What a timer can wait for at most: a stream without a deadline may live for long, and Fastify knows no handler without. */
const longestTimerMs = 2 ** 31 - 1

/** Turns HTTP+JSON into calls of upstreams. Everything is read from descriptors and compiled when a route is added. */
export async function transcoding(gateway: FastifyInstance, { keepAliveMs = 15_000 }: TranscodingOptions) {
  if (!(keepAliveMs > 0)) {
    throw new StartError('SLUICE_ERR_OPTION_INVALID', ['transcoding', 'keepAliveMs must be above 0'])
  }
  const routing = createRouting(gateway)
  const streams = createOpenStreams()
  const routes: TranscodedRoute[] = []

  takeJsonBodies(gateway)
  gateway.decorate('transcodedRoutes', routes)
  gateway.pathGuides.push(routing)

  gateway.decorate('transcode', function transcode(this: FastifyInstance, service, options) {
    if (this.prefix !== '') {
      const problem = `a scope with the prefix "${this.prefix}" cannot have it: its paths are those of its templates`
      throw new StartError('SLUICE_ERR_OPTION_INVALID', [service.typeName, problem])
    }
    const methods = (options.methods ?? {}) as Record<string, MethodOptions<DescMethod>>
    const unused = new Set(Object.keys(methods))
    const served: ServedRule[] = []
    for (const method of service.methods) {
      const policy = policyOf(method, methods[method.localName] ?? {})
      const rules = httpRules(method)
      if (rules.length === 0 || policy.access === 'internal') continue
      unused.delete(method.localName)
      for (const rule of rules) served.push({ rule, policy })
    }
    for (const { rule, policy } of served) {
      const methodOptions = methods[rule.method.localName] ?? {}
      addRoute(this, {
        rule,
        policy,
        served,
        service: options,
        options: methodOptions,
        streams,
        keepAliveMs,
        routes,
        routing
      })
    }
    for (const name of unused) throw new StartError('SLUICE_ERR_METHOD_UNKNOWN', [service.typeName, name])
  })

  gateway.addHook('onReady', async function warnOfRules() {
    const rules = routes.map(({ rule }) => rule)
    warnOfOverlaps(gateway.log, rules)
  })

  // Before the listener closes, which waits for them.
  gateway.addHook('preClose', async function endStreams() {
    streams.close()
  })
}

function policyOf(method: DescMethod, { handler: _, nulls: __, ...overrides }: MethodOptions<DescMethod>): RoutePolicy {
  return routePolicy(method, overrides)
}

/** What serves each kind of rpc that HTTP with JSON can carry. */
const handlers: Record<
  Exclude<DescMethod['methodKind'], 'bidi_streaming'>,
  (parts: RouteParts) => RouteHandlerMethod
> = {
  unary: unaryHandler,
  server_streaming: serverStreamHandler,
  client_streaming: clientStreamHandler
}

/** A rule of an rpc, and what is said about it. */
interface Offer extends ServedRule, Pick<RouteParts, 'streams' | 'keepAliveMs'> {
  /** All rules of the same service. */
  served: readonly ServedRule[]
  service: TranscodeOptions<DescService>
  options: MethodOptions<DescMethod>
  /** Takes the route, once it is there. */
  routes: TranscodedRoute[]
  routing: Routing
}

function addRoute(gateway: FastifyInstance, offer: Offer): void {
  const { rule, policy, service, routes, routing } = offer
  const { method, template } = rule
  if (method.methodKind === 'bidi_streaming') {
    const problem =
      'a stream in both directions cannot be served over HTTP with JSON: remove the rule, and call it by gRPC'
    throw new RuleError(method, template.text, problem)
  }
  const compileHandler = handlers[method.methodKind]
  const print = printOptionsOf(offer)
  const parts = routeParts(gateway, offer, print)
  const handlerTimeout = handlerTimeoutOf(gateway, parts)
  const place = routing.add(rule)
  withBodies(gateway, bodyKindOf(rule), scope => {
    scope.route({
      ...place,
      // The values of a rule are decoded as the rule says.
      config: { policy, template: template.text, guard: { encodedSlashes: true } },
      ...(handlerTimeout !== null && { handlerTimeout }),
      handler: compileHandler(parts)
    })
  })
  routes.push({ rule, policy, upstream: service.upstream, print })
}

/** How long a handler may run, in milliseconds; null: as long as any. */
function handlerTimeoutOf({ server }: FastifyInstance, { method, policy }: RouteParts): number | null {
  if (policy.deadlineMs !== null) return Math.ceil(server.requestTimeout + policy.deadlineMs + handlerGraceMs)
  return method.methodKind === 'unary' ? null : longestTimerMs
}

function printOptionsOf({ rule: { method }, service, options }: Offer): TranscodedRoute['print'] {
  const nulls = nullFields(method.output, options.nulls ?? [])
  if (typeof nulls !== 'string') return { ...service.print, registry: service.registry, nulls }
  throw new StartError('SLUICE_ERR_OPTION_INVALID', [`${method.parent.typeName}.${method.name}`, nulls])
}

function routeParts(gateway: FastifyInstance, offer: Offer, print: TranscodedRoute['print']): RouteParts {
  const { rule, policy, served, service, options, streams, keepAliveMs } = offer
  const { method } = rule
  if (options.handler !== undefined && method.methodKind !== 'unary') {
    const rpc = `${method.parent.typeName}.${method.name}`
    throw new StartError('SLUICE_ERR_OPTION_INVALID', [rpc, 'handler: only a unary rpc can have one'])
  }
  const route = compileRoute(rule, {
    print,
    unknownFields: service.unknownFields,
    registry: service.registry,
    claims: policy.claims.map(({ field }) => field),
    headers: headerFields(policy)
  })
  return {
    method,
    route,
    policy,
    upstream: upstreamOf(gateway, offer),
    handler: options.handler ?? null,
    locate: policy.successStatus === 201 ? compileLocation(offer, served) : null,
    bodyLimit: gateway.initialConfig.bodyLimit!,
    streams,
    keepAliveMs,
    bind: compileBindRequest(route, policy)
  }
}

function upstreamOf({ upstreams }: FastifyInstance, { rule, service }: Offer): Upstream {
  const upstream = upstreams[service.upstream]
  if (upstream !== undefined) return upstream
  const problem = `upstream: there is no ${quoteName(service.upstream)}${didYouMean(service.upstream, Object.keys(upstreams))}`
  throw new StartError('SLUICE_ERR_OPTION_INVALID', [rule.method.parent.typeName, problem])
}

export default fp(transcoding, {
  name: 'sluice-transcoding',
  fastify: '5.x',
  dependencies: ['sluice-errors', 'sluice-limiting', 'sluice-auth', 'sluice-upstreams']
})
