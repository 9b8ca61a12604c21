import type { DescMethod, DescMethodUnary, DescService, Message, MessageShape } from '@bufbuild/protobuf'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { RequestError, StartError } from '../errors.ts'
import { parseJson } from '../lib/codec/json-text.ts'
import type { PrintOptions } from '../lib/codec/print.ts'
import { passedHeaders } from '../lib/http/passed-headers.ts'
import { hasBody, splitUrl } from '../lib/http/raw-request.ts'
import { routerPath } from '../lib/httprule/match.ts'
import { type HttpRule, httpRules } from '../lib/httprule/rules.ts'
import { type RoutePolicy, routePolicy } from '../lib/policies/route-policy.ts'
import { type CompiledRoute, compileRoute } from '../lib/transcode/bind.ts'
import { compileBindHeaders } from '../lib/transcode/bind-headers.ts'
import { compileNulls } from '../lib/transcode/nulls.ts'
import { onBehalfOf } from '../lib/upstream/caller.ts'
import type { UpstreamName } from './upstreams.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Serves a protobuf service over HTTP+JSON, by the google.api.http rules and the policies in its descriptor: a route
     * per rule, in the calling plugin's scope. Rpcs without a rule, for services only, or with streams have no route.
     *
     * @throws {StartError} for a bad policy or a route that is there already
     * @throws {RuleError} for a bad rule
     */
    transcode<Service extends DescService>(service: Service, options: TranscodeOptions<Service>): void
  }
}

/** What serves an rpc instead of a plain call to the upstream. Upstreams are asked through `request.clients`. */
export type Handler<Method extends DescMethod> = (
  message: MessageShape<Method['input']>,
  request: FastifyRequest
) => Promise<MessageShape<Method['output']>>

/** What a route plugin says about one rpc. What it says of the policy replaces what the proto says. */
export interface MethodOptions<Method extends DescMethod> extends Partial<RoutePolicy> {
  /** Default: the same rpc of the upstream. */
  handler?: Handler<Method>
  /** Response fields that are null in the JSON when they are not set, by path: `products.stock`. Default: none. */
  nulls?: readonly string[]
}

export interface TranscodeOptions<Service extends DescService> {
  /** Whom to call. */
  upstream: UpstreamName
  methods?: { [Name in keyof Service['method']]?: MethodOptions<Service['method'][Name]> }
  /** How responses are printed. Default: proto field names, implicit fields, short enums, 64-bit integers as strings. */
  print?: Partial<PrintOptions>
  /** What becomes of request fields that the message does not have. Default: reject. */
  unknownFields?: 'reject' | 'ignore'
}

/** How much longer a handler may run than its policy's deadline, once the request has arrived. */
const handlerGraceMs = 250

/** Turns HTTP+JSON into calls of upstreams. Everything is read from descriptors and compiled when a route is added. */
async function transcoding(gateway: FastifyInstance) {
  const owners = new Map<string, string>()

  gateway.removeAllContentTypeParsers()
  gateway.addContentTypeParser(
    /^application\/(?:[\w.-]+\+)?json(?:;|$)/,
    { parseAs: 'buffer' },
    async (_request: FastifyRequest, body: Buffer) => (body.length === 0 ? undefined : parseJson(body))
  )

  gateway.decorate('transcode', function transcode(this: FastifyInstance, service, options) {
    const methods = (options.methods ?? {}) as Record<string, MethodOptions<DescMethod>>
    const unused = new Set(Object.keys(methods))
    for (const method of service.methods) {
      const methodOptions = methods[method.localName] ?? {}
      const policy = policyOf(method, methodOptions)
      const rules = httpRules(method)
      if (rules.length === 0 || policy.access === 'internal' || !isUnary(method)) continue
      unused.delete(method.localName)
      for (const rule of rules) {
        claimRoute(owners, rule)
        addRoute(this, { rule, method, policy, service: options, options: methodOptions })
      }
    }
    for (const name of unused) throw new StartError('SLUICE_ERR_METHOD_UNKNOWN', [service.typeName, name])
  })
}

interface RouteParts {
  rule: HttpRule
  method: DescMethodUnary
  policy: RoutePolicy
  service: TranscodeOptions<DescService>
  options: MethodOptions<DescMethod>
}

function policyOf(method: DescMethod, { handler: _, nulls: __, ...overrides }: MethodOptions<DescMethod>): RoutePolicy {
  return routePolicy(method, overrides)
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === 'unary'
}

function claimRoute(owners: Map<string, string>, { httpMethod, template, method }: HttpRule): void {
  const route = `${httpMethod} ${routerPath(template)}`
  const rpc = `${method.parent.typeName}.${method.name}`
  const owner = owners.get(route)
  if (owner !== undefined) throw new StartError('SLUICE_ERR_ROUTE_DUPLICATE', [httpMethod, template.text, owner, rpc])
  owners.set(route, rpc)
}

function addRoute(gateway: FastifyInstance, parts: RouteParts): void {
  const { rule, method, policy, service, options } = parts
  const route = compileRoute(rule, {
    print: service.print,
    unknownFields: service.unknownFields,
    claims: policy.claims.map(({ field }) => field),
    controlFields: [policy.idempotencyKeyField, policy.ifMatchField].filter(name => name !== '')
  })
  const { transport } = gateway.upstreams[service.upstream]
  const bind = compileBind(route, policy)
  const answer = compileAnswer(route, parts)
  const { handler } = options

  gateway.route({
    method: rule.httpMethod === '*' ? [...gateway.supportedMethods] : rule.httpMethod,
    url: routerPath(rule.template),
    config: { policy, template: rule.template.text, matches: rawPath => matches(route, rawPath) },
    ...(policy.deadlineMs !== null && {
      handlerTimeout: Math.ceil(gateway.server.requestTimeout + policy.deadlineMs + handlerGraceMs)
    }),
    handler: async function transcodeCall(request, reply) {
      const message = bind(request)
      if (handler !== undefined) return answer(reply, await handler(message, request))
      const { caller } = request
      const call = onBehalfOf(caller, transport)
      const response = await call.unary(method, undefined, undefined, undefined, message)
      reply.headers(passedHeaders(response.header, response.trailer))
      return answer(reply, response.message)
    }
  })
}

/** The router matches more than the template when it cannot express it; a path that is malformed is one of the route's. */
function matches({ capture }: CompiledRoute, rawPath: string): boolean {
  try {
    return capture(rawPath) !== null
  } catch {
    return true
  }
}

/** Compiles how a request becomes a message. */
function compileBind(route: CompiledRoute, policy: RoutePolicy): (request: FastifyRequest) => Message {
  const bindHeaders = compileBindHeaders(route.rule.method.input, policy)
  const isRead = route.rule.httpMethod !== 'GET' && route.rule.httpMethod !== 'HEAD'
  return request => {
    const { rawPath, rawQuery } = splitUrl(request.raw)
    const captured = route.capture(rawPath)
    if (captured === null) throw new RequestError('SLUICE_ERR_ROUTE_NOT_FOUND')
    // Fastify reads no body of a GET; that there is one is all that matters.
    const body = isRead || !hasBody(request.raw) ? request.body : null
    const message = route.bind({ rawPath, captured, rawQuery, body, claims: claimsOf(request, policy) })
    bindHeaders(message, request.headers)
    return message
  }
}

function claimsOf({ identity }: FastifyRequest, { claims }: RoutePolicy): Record<string, unknown> {
  return Object.fromEntries(claims.map(({ field, claim }) => [field, identity?.claims[claim]]))
}

/** Compiles how a message becomes the answer. */
function compileAnswer({ print, rule }: CompiledRoute, { method, policy, service, options }: RouteParts) {
  const addNulls = compileNulls(method.output, options.nulls ?? [], service.print?.fieldNames)
  const rpc = `${method.parent.typeName}.${method.name}`
  if (typeof addNulls === 'string') throw new StartError('SLUICE_ERR_OPTION_INVALID', [rpc, addNulls])
  const hasEtag = rule.httpMethod === 'GET' && method.output.fields.some(field => field.name === 'etag')

  return (reply: FastifyReply, message: Message): FastifyReply => {
    const { etag } = message as { etag?: unknown }
    if (hasEtag && typeof etag === 'string' && etag !== '') reply.header('etag', etag)
    reply.code(policy.successStatus)
    if (policy.successStatus === 204) return reply.send()
    const json = print(message)
    addNulls(json)
    return reply.type('application/json; charset=utf-8').send(JSON.stringify(json))
  }
}

export default fp(transcoding, {
  name: 'sluice-transcoding',
  fastify: '5.x',
  dependencies: ['sluice-errors', 'sluice-limiting', 'sluice-auth', 'sluice-upstreams']
})
