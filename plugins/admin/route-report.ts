import type { FastifyInstance } from 'fastify'
import { analyseRules } from '../../lib/httprule/analysis.ts'
import type { HttpRule } from '../../lib/httprule/rules.ts'
import { type RoutePolicy, userPolicy } from '../../lib/policies/route-policy.ts'
import type { TranscodedRoute } from '../transcode/transcoded-route.ts'

/** A route, named. */
export interface RouteName {
  /** Of HTTP; `*` for any. */
  method: string
  /** The template of the rule, or the URL pattern of a plain route. */
  template: string
  /** Null: a plain route of Fastify. */
  rpc: string | null
}

/** A route, and what the edge does with its requests. */
export interface RouteRow extends RouteName, Pick<RoutePolicy, 'access' | 'roles' | 'rateLimit'> {
  upstream: string | null
  /** Null: as long as it takes. */
  deadlineMs: number | null
}

/** What `npm run routes -- --json` prints. */
export interface RouteReport {
  routes: RouteRow[]
  /** Pairs of rules that match the same request. */
  overlaps: {
    method: string
    /** A path that both match. */
    witness: string
    winner: RouteName
    loser: RouteName
    /** Whether the winner is an exception to the loser; if not, it wins by the order of segments alone. */
    strict: boolean
  }[]
  /** Rules that no request reaches, each with those that win all its paths. */
  unreachable: { rule: RouteName; winners: RouteName[] }[]
}

/**
 * Collects the routes that are no rule's, while they are added.
 *
 * @param gateway not ready yet.
 */
export function collectPlainRoutes(gateway: FastifyInstance): readonly RouteRow[] {
  const rows: RouteRow[] = []
  gateway.addHook('onRoute', function collect({ method, url, config }) {
    if (config?.template !== undefined) return
    const { access, roles, rateLimit } = config?.policy ?? userPolicy
    // Fastify adds HEAD to every GET.
    for (const each of [method].flat().filter(name => name !== 'HEAD')) {
      rows.push({ method: each, template: url, rpc: null, upstream: null, access, roles, rateLimit, deadlineMs: null })
    }
  })
  return rows
}

/** @param timeoutMs the deadline of calls whose policy names none. */
export function reportOf(
  transcoded: readonly TranscodedRoute[],
  plain: readonly RouteRow[],
  timeoutMs: number
): RouteReport {
  const { overlaps, unreachable } = analyseRules(transcoded.map(({ rule }) => rule))
  return {
    routes: [...transcoded.map(route => rowOf(route, timeoutMs)), ...plain],
    overlaps: overlaps.map(({ httpMethod, witness, winner, loser, strict }) => ({
      method: httpMethod,
      witness,
      winner: nameOf(winner),
      loser: nameOf(loser),
      strict
    })),
    unreachable: unreachable.map(({ rule, winners }) => ({ rule: nameOf(rule), winners: winners.map(nameOf) }))
  }
}

function rowOf({ rule, policy, upstream }: TranscodedRoute, timeoutMs: number): RouteRow {
  const { access, roles, rateLimit, deadlineMs } = policy
  // A stream may live for long.
  const fallback = rule.method.methodKind === 'unary' ? timeoutMs : null
  return { ...nameOf(rule), upstream, access, roles, rateLimit, deadlineMs: deadlineMs ?? fallback }
}

function nameOf({ httpMethod, template, method }: HttpRule): RouteName {
  return { method: httpMethod, template: template.text, rpc: `${method.parent.typeName}.${method.name}` }
}
