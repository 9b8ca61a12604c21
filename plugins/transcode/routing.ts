import { METHODS } from 'node:http'
import type { FastifyInstance, RouteOptions } from 'fastify'
import { StartError } from '../../errors.ts'
import { toOriginForm } from '../../lib/http/guard/target.ts'
import { splitUrl } from '../../lib/http/raw-request.ts'
import { routerPath, widerPath } from '../../lib/httprule/find-my-way.ts'
import { createRouter, type Match } from '../../lib/httprule/router.ts'
import { type HttpRule, RuleError } from '../../lib/httprule/rules.ts'
import { BindError } from '../../lib/transcode/errors.ts'
import type { PathGuide } from '../errors.ts'

/** The rule that a request matched, kept while it was routed. */
const kMatch = Symbol('sluice.match')

declare module 'node:http' {
  interface IncomingMessage {
    [kMatch]?: Match<string> | null
  }
}

/** What Fastify is told about where a rule's route is. */
export type Place = Pick<RouteOptions, 'method' | 'url' | 'constraints'>

/** The one authority on which rule serves a request, and its way into Fastify. */
export interface Routing extends PathGuide {
  /**
   * Takes a rule in, and says where Fastify has to have its route.
   *
   * @throws RuleError when an equal rule is there
   * @throws {StartError} SLUICE_ERR_ROUTE_DUPLICATE when a plain route has the same method and path
   */
  add(rule: HttpRule): Place
}

/** The name of the constraint, as `printRoutes` shows it beside a route. */
const constraintName = 'rule'
/** find-my-way takes 31 routes for one pattern when they have constraints; one is left to a plain route. */
const routesPerPattern = 30
/** CONNECT never comes as a request (RFC 9110, section 9.3.6). */
const allMethods = METHODS.filter(method => method !== 'CONNECT')

/**
 * Puts the rules' own router before Fastify's. Each rule is a route of Fastify at the pattern that looks like its template,
 * with the constraint that the rule is the one that the request matched: find-my-way goes on to other patterns when a
 * constraint does not hold. It asks once per request, so the path is matched once.
 */
export function createRouting(gateway: FastifyInstance): Routing {
  const router = createRouter<string>()
  const occupied = new Map<string, number>()
  const owners = new Map<string, string>()

  gateway.addConstraintStrategy({
    name: constraintName,
    storage: createStorage,
    deriveConstraint(request) {
      const match = router.match(request.method ?? '', splitUrl(request).rawPath)
      request[kMatch] = match
      return match?.route ?? ''
    }
  })

  gateway.addHook('onRoute', function refuseTwin({ method, url, constraints }) {
    if (constraints !== undefined && constraintName in constraints) return
    for (const name of [method].flat()) {
      const owner = owners.get(keyOf(name, url))
      if (owner !== undefined) throw duplicate(name, url, owner)
    }
  })

  return {
    add(rule) {
      const name = `${rule.httpMethod} ${rule.template.text}`
      router.add(rule, name)
      const { pattern, exact } = routerPath(rule.template)
      const method = rule.httpMethod === '*' ? allMethods : rule.httpMethod
      if (exact && rule.httpMethod !== '*') own(rule, pattern)
      for (const each of [method].flat()) allowMethod(gateway, each)
      const url = occupy([method].flat(), pattern)
      if (url === null) {
        const problem = `more rules for ${rule.httpMethod} begin like this than Fastify can tell apart`
        throw new RuleError(rule.method, rule.template.text, problem)
      }
      return { method, url, constraints: { [constraintName]: name } }
    },
    methods(rawPath) {
      const methods = router.allowed(rawPath)
      return methods.includes('*') ? allMethods : methods
    },
    hint: router.hint,
    refusal(request) {
      try {
        // A target that Fastify cannot take is routed as another one.
        const url = toOriginForm(request.originalUrl ?? request.url ?? '') ?? ''
        router.match(request.method ?? '', splitUrl({ url }).rawPath)?.capture()
        return undefined
      } catch (error) {
        if (error instanceof BindError) return error
        throw error
      }
    }
  }

  function own({ httpMethod, method }: HttpRule, pattern: string): void {
    const rpc = `${method.parent.typeName}.${method.name}`
    if (gateway.hasRoute({ method: httpMethod, url: pattern })) throw duplicate(httpMethod, pattern, rpc)
    owners.set(keyOf(httpMethod, pattern), rpc)
  }

  /** Takes a place at a pattern, or at the narrowest of the wider ones that has room. Null: none has. */
  function occupy(methods: readonly string[], pattern: string): string | null {
    const keys = methods.map(method => keyOf(method, pattern))
    if (keys.some(key => (occupied.get(key) ?? 0) >= routesPerPattern)) {
      const wider = widerPath(pattern)
      return wider === null ? null : occupy(methods, wider)
    }
    for (const key of keys) occupied.set(key, (occupied.get(key) ?? 0) + 1)
    return pattern
  }
}

/** What the request matched. Null when no rule did. */
export function matchOf(request: { [kMatch]?: Match<string> | null }): Match<string> | null {
  return request[kMatch] ?? null
}

function createStorage() {
  const handlers = new Map<string, never>()
  return {
    get: (rule: string) => handlers.get(rule) ?? null,
    set: (rule: string, handler: unknown) => void handlers.set(rule, handler as never)
  }
}

/** Names of parameters make no difference to find-my-way. */
function keyOf(method: string, pattern: string): string {
  return `${method} ${pattern.replaceAll(/\/:\w+/g, '/:')}`
}

/** Fastify has to be told about methods that few use, such as PROPFIND. */
function allowMethod(gateway: FastifyInstance, method: string): void {
  if (!gateway.supportedMethods.includes(method)) gateway.addHttpMethod(method, { hasBody: true })
}

function duplicate(method: string, url: string, rpc: string): StartError {
  return new StartError('SLUICE_ERR_ROUTE_DUPLICATE', [method, url, rpc])
}
