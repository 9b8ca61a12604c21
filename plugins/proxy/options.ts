import { StartError } from '../../errors.ts'
import type { Mapping } from '../../lib/http/proxy/location.ts'
import { type RoutePolicy, type RouteRateLimit, userPolicy } from '../../lib/policies/route-policy.ts'
import { checkTlsOptions } from '../../lib/upstream/check-tls-options.ts'

/** Paths that a plain HTTP service answers. */
export interface ProxyRoute {
  /** Of the upstream: in the log, in metrics and traces. */
  name: string
  /** The path that it answers with all below it: `/legacy`. */
  prefix: string
  /** Where it is: `http://host:port` or `https://...`. A path behind that takes the place of the prefix. */
  target: string
  /** Who may call. Default `user`. */
  access?: 'public' | 'user'
  /** With `user`: the caller holds one of these. Default: any signed-in user. */
  roles?: readonly string[]
  /** With `user`: the token carries all of these. Default: any token. */
  scopes?: readonly string[]
  /** A token bucket of the route's own. Default: none. */
  rateLimit?: RouteRateLimit | null
  /** How many tokens a request takes from each bucket. Default 1. */
  cost?: number
  /** How long the whole answer may take once the request is there, in milliseconds. Default: that of the plugin. */
  timeoutMs?: number
  /** Requests that may be under way; more are refused. Default 128. */
  maxInFlight?: number
  /** The largest answer, in bytes. Default 64 MiB. */
  maxAnswerBytes?: number
  /** With `user`: whether the service gets the token of the caller. Default false. */
  forwardAuthorization?: boolean
  /** The authorities, in PEM, that its certificate must be of. Default: those that Node trusts. */
  ca?: string
}

export interface ProxyOptions {
  routes: readonly ProxyRoute[]
  /** The `timeoutMs` of routes that say none, in milliseconds. Default 5,000. */
  timeoutMs?: number
}

/** A route, checked, with its defaults. */
export interface CheckedRoute
  extends Required<Pick<ProxyRoute, 'name' | 'timeoutMs' | 'maxInFlight' | 'maxAnswerBytes' | 'forwardAuthorization'>> {
  mapping: Mapping
  policy: RoutePolicy
  ca: string | undefined
}

const known: ReadonlySet<string> = new Set([
  'name',
  'prefix',
  'target',
  'access',
  'roles',
  'scopes',
  'rateLimit',
  'cost',
  'timeoutMs',
  'maxInFlight',
  'maxAnswerBytes',
  'forwardAuthorization',
  'ca'
])
const segments = /^(?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$/
const longestTimerMs = 600_000

/**
 * @param taken names of upstreams that there are already.
 * @throws {StartError} SLUICE_ERR_OPTION_INVALID
 */
export function checkOptions(options: ProxyOptions, taken: readonly string[]): CheckedRoute[] {
  const { routes, timeoutMs = 5_000 } = options
  if (!Array.isArray(routes)) throw invalid('routes must be a list')
  const names = new Set(taken)
  const prefixes: string[] = []
  return routes.map((route, index) => {
    const at = `routes[${index}]`
    if (typeof route !== 'object' || route === null) throw invalid(`${at} must be an object`)
    const checked = checkRoute(route, timeoutMs, at)
    const { prefix } = checked.mapping
    if (names.has(checked.name)) throw invalid(`${at}.name is that of another upstream`)
    const near = prefixes.find(other => `${other}/`.startsWith(`${prefix}/`) || `${prefix}/`.startsWith(`${other}/`))
    if (near !== undefined) throw invalid(`${at}.prefix and ${near} are within each other`)
    names.add(checked.name)
    prefixes.push(prefix)
    return checked
  })
}

function checkRoute(route: ProxyRoute, fallbackMs: number, at: string): CheckedRoute {
  const { name, timeoutMs = fallbackMs, maxInFlight = 128, maxAnswerBytes = 64 * 1024 * 1024, ca } = route
  const { forwardAuthorization = false } = route
  const unknown = Object.keys(route).find(key => !known.has(key))
  if (unknown !== undefined) throw invalid(`${at} has no option "${unknown}"`)
  if (typeof name !== 'string' || !/^[a-z][a-z\d-]{0,62}$/.test(name)) {
    throw invalid(`${at}.name must be of small letters, digits and "-"`)
  }
  if (typeof route.prefix !== 'string' || !segments.test(route.prefix)) {
    throw invalid(`${at}.prefix must be a path such as /legacy, without a slash at its end`)
  }
  if (!isWhole(timeoutMs, longestTimerMs)) throw invalid(`${at}.timeoutMs must be from 1 to ${longestTimerMs}`)
  if (!isWhole(maxInFlight)) throw invalid(`${at}.maxInFlight must be a whole number above 0`)
  if (!isWhole(maxAnswerBytes)) throw invalid(`${at}.maxAnswerBytes must be a whole number above 0`)
  if (typeof forwardAuthorization !== 'boolean') throw invalid(`${at}.forwardAuthorization must be true or false`)
  const policy = checkPolicy(route, at)
  if (forwardAuthorization && policy.access === 'public') {
    throw invalid(`${at}.forwardAuthorization needs a signed-in user`)
  }
  const mapping = { prefix: route.prefix, ...checkTarget(route.target, at) }
  if (ca !== undefined) checkCa(route, mapping)
  return { name, mapping, policy, timeoutMs, maxInFlight, maxAnswerBytes, forwardAuthorization, ca }
}

function checkTarget(target: unknown, at: string): Pick<Mapping, 'origin' | 'basePath'> {
  const url = typeof target === 'string' ? URL.parse(target) : null
  if (url === null || !/^https?:$/.test(url.protocol)) throw invalid(`${at}.target must be http:// or https://`)
  if (url.username !== '' || url.password !== '') throw invalid(`${at}.target must not hold a password`)
  if (url.search !== '' || url.hash !== '') throw invalid(`${at}.target must not have a query or a fragment`)
  const basePath = url.pathname.replace(/\/$/, '')
  if (basePath !== '' && !segments.test(basePath)) throw invalid(`${at}.target must have a plain path or none`)
  return { origin: url.origin, basePath }
}

function checkCa({ name, ca }: ProxyRoute, { origin }: Mapping): void {
  if (!origin.startsWith('https:')) throw invalid(`${name}: ca is for https:// only`)
  checkTlsOptions(name, { ca: String(ca) })
}

function checkPolicy(route: ProxyRoute, at: string): RoutePolicy {
  const { access = 'user', roles = [], scopes = [], rateLimit = null, cost = 1 } = route
  if (access !== 'user' && access !== 'public') throw invalid(`${at}.access must be user or public`)
  for (const [name, list] of Object.entries({ roles, scopes })) {
    // What a challenge may name (RFC 6750, section 3).
    const isList = Array.isArray(list) && list.every(each => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(String(each)))
    if (!isList) throw invalid(`${at}.${name} must be a list of words`)
    if (access === 'public' && list.length > 0) throw invalid(`${at}.${name} need a signed-in user`)
  }
  if (!isWhole(cost)) throw invalid(`${at}.cost must be a whole number above 0`)
  if (rateLimit !== null) checkRateLimit(rateLimit, access, cost, at)
  return Object.freeze({ ...userPolicy, access, roles, scopes, rateLimit, cost })
}

function checkRateLimit({ rate, burst, key }: RouteRateLimit, access: string, cost: number, at: string): void {
  if (!(rate > 0 && rate < Number.POSITIVE_INFINITY)) throw invalid(`${at}.rateLimit.rate must be above 0`)
  if (!isWhole(burst) || burst < cost) throw invalid(`${at}.rateLimit.burst must be a whole number, at least the cost`)
  if (key !== 'address' && key !== 'subject') throw invalid(`${at}.rateLimit.key must be address or subject`)
  if (key === 'subject' && access === 'public') throw invalid(`${at}.rateLimit.key subject needs a signed-in user`)
}

function isWhole(value: unknown, most = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isInteger(value) && Number(value) >= 1 && Number(value) <= most
}

function invalid(problem: string): StartError {
  return new StartError('SLUICE_ERR_OPTION_INVALID', ['proxy', problem])
}
