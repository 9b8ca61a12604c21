import { type DescMethod, getOption, ScalarType } from '@bufbuild/protobuf'
import { durationMs, MethodOptions_IdempotencyLevel as IdempotencyLevel } from '@bufbuild/protobuf/wkt'
import { StartError } from '../../errors.ts'
import {
  Access,
  type EventStream,
  policy as policyOption,
  type RateLimit,
  RateLimitKey
} from '../../gen/sluice/v1/policy_pb.ts'
import { fieldPath } from '../httprule/field-path.ts'

/** A token bucket of a route's own. */
export interface RouteRateLimit {
  /** Tokens per second, above 0. */
  rate: number
  /** The size of the bucket, at least 1. */
  burst: number
  /** Whose bucket it is: the client address's, or the signed-in user's. */
  key: 'address' | 'subject'
}

/** How a server stream is told as Server-Sent Events: sluice.v1.EventStream. */
export interface EventStreamPolicy {
  /** The `event:` of each message; empty: none. */
  event: string
  /** The path of the response field that becomes `id:`; empty: none. */
  idField: string
  /** The path of the request field that takes `Last-Event-ID`; empty: none. */
  resumeField: string
}

/** What the edge does with calls of a route: sluice.v1.Policy, checked, with its defaults. */
export interface RoutePolicy {
  /** Who may call. `internal` has no route. */
  access: 'public' | 'user' | 'internal'
  /** With `user`: the caller holds one of these. Empty: any signed-in user. */
  roles: readonly string[]
  /** With `user`: the token carries all of these. Empty: any token. */
  scopes: readonly string[]
  rateLimit: RouteRateLimit | null
  /** The bucket that calls take from which end UNAUTHENTICATED or PERMISSION_DENIED; null: none. */
  failureLimit: RouteRateLimit | null
  /** How many tokens a call takes from each bucket. */
  cost: number
  /** The longest that the client waits for upstreams, in milliseconds; null: the gateway's default. */
  deadlineMs: number | null
  /** Whether repeating the call does no more than making it once. */
  idempotent: boolean
  /** The HTTP status of a success. */
  successStatus: number
  /** Request fields that are claims of the token. */
  claims: readonly { field: string; claim: string }[]
  /** The request field that takes the `Idempotency-Key` header; empty: none. */
  idempotencyKeyField: string
  /** The request field that takes the `If-Match` header; empty: none. */
  ifMatchField: string
  /** Null: messages are events without a name or an id. */
  eventStream: EventStreamPolicy | null
  /** After how long without an answer the call is made a second time beside the first, in milliseconds; null: never. */
  hedgeAfterMs: number | null
}

/** Anybody may call, and nothing else is said. */
export const publicPolicy: RoutePolicy = Object.freeze({
  access: 'public',
  roles: [],
  scopes: [],
  rateLimit: null,
  failureLimit: null,
  cost: 1,
  deadlineMs: null,
  idempotent: false,
  successStatus: 200,
  claims: [],
  idempotencyKeyField: '',
  ifMatchField: '',
  eventStream: null,
  hedgeAfterMs: null
})

/** Any signed-in user may call: what holds for a route that says nothing, because forgetting must never open one. */
export const userPolicy: RoutePolicy = Object.freeze({ ...publicPolicy, access: 'user' })

/**
 * The policy of a method: its option, with `overrides` of the route plugin on top.
 *
 * @throws {StartError} SLUICE_ERR_POLICY_INVALID when the policy contradicts itself or names a field that is not there.
 */
export function routePolicy(method: DescMethod, overrides: Partial<RoutePolicy> = {}): RoutePolicy {
  const policy = { ...fromOption(method), ...overrides }
  const problem = findProblem(policy, method)
  if (problem === null) return Object.freeze(policy)
  throw new StartError('SLUICE_ERR_POLICY_INVALID', [`${method.parent.typeName}.${method.name}`, problem])
}

function fromOption(method: DescMethod): RoutePolicy {
  const { access, roles, deadline, idempotent, successStatus, ...option } = getOption(method, policyOption)
  return {
    access: accessOf(access),
    roles,
    scopes: option.scopes,
    rateLimit: option.rateLimit === undefined ? null : limitOf(option.rateLimit),
    failureLimit: option.failureLimit === undefined ? null : limitOf(option.failureLimit),
    cost: option.cost === 0 ? 1 : option.cost,
    deadlineMs: deadline === undefined ? null : durationMs(deadline),
    idempotent: idempotent ?? method.idempotency !== IdempotencyLevel.IDEMPOTENCY_UNKNOWN,
    successStatus: successStatus === 0 ? 200 : successStatus,
    claims: option.claims.map(({ field, claim }) => ({ field, claim })),
    idempotencyKeyField: option.idempotencyKeyField,
    ifMatchField: option.ifMatchField,
    eventStream: option.eventStream === undefined ? null : eventStreamOf(option.eventStream),
    hedgeAfterMs: option.hedgeAfter === undefined ? null : durationMs(option.hedgeAfter)
  }
}

function accessOf(access: Access): RoutePolicy['access'] {
  if (access === Access.PUBLIC) return 'public'
  return access === Access.INTERNAL ? 'internal' : 'user'
}

function limitOf({ rate, burst, key }: RateLimit): RouteRateLimit {
  return { rate, burst, key: key === RateLimitKey.SUBJECT ? 'subject' : 'address' }
}

function eventStreamOf({ event, idField, resumeField }: EventStream): EventStreamPolicy {
  return { event, idField, resumeField }
}

function findProblem(policy: RoutePolicy, method: DescMethod): string | null {
  return (
    findAccessProblem(policy) ??
    findNumberProblem(policy) ??
    findFieldProblem(policy, method) ??
    findStreamProblem(policy, method) ??
    findHedgeProblem(policy, method)
  )
}

function findAccessProblem({ access, roles, scopes, claims, ...limits }: RoutePolicy): string | null {
  // What a challenge may name (RFC 6750, section 3).
  if (scopes.some(scope => !/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))) return 'scopes must be words'
  if (access === 'user') return null
  if (roles.length > 0) return 'roles need a signed-in user'
  if (scopes.length > 0) return 'scopes need a signed-in user'
  if (claims.length > 0) return 'claims need a signed-in user'
  const isBySubject = limits.rateLimit?.key === 'subject' || limits.failureLimit?.key === 'subject'
  return isBySubject ? 'a limit by subject needs a signed-in user' : null
}

function findNumberProblem({ rateLimit, failureLimit, cost, deadlineMs, successStatus }: RoutePolicy): string | null {
  const problem = findLimitProblem('rate_limit', rateLimit) ?? findLimitProblem('failure_limit', failureLimit)
  if (problem !== null) return problem
  if (!(Number.isInteger(cost) && cost >= 1)) return 'cost must be at least 1'
  if (rateLimit !== null && cost > rateLimit.burst) return 'cost must be at most rate_limit.burst'
  if (deadlineMs !== null && !(deadlineMs > 0)) return 'deadline must be above 0'
  const isSuccess = Number.isInteger(successStatus) && successStatus >= 200 && successStatus <= 299
  return isSuccess ? null : 'success_status must be from 200 to 299'
}

function findLimitProblem(name: string, limit: RouteRateLimit | null): string | null {
  if (limit === null) return null
  const { rate, burst } = limit
  if (!(rate > 0 && rate < Number.POSITIVE_INFINITY)) return `${name}.rate must be above 0`
  return Number.isInteger(burst) && burst >= 1 ? null : `${name}.burst must be at least 1`
}

function findFieldProblem(policy: RoutePolicy, { input }: DescMethod): string | null {
  for (const { field, claim } of policy.claims) {
    const found = fieldPath(input, field)
    if (typeof found === 'string') return `claims: ${found}`
    if (claim === '') return `claims: "${field}" has no claim`
  }
  const headers = { idempotency_key_field: policy.idempotencyKeyField, if_match_field: policy.ifMatchField }
  for (const [option, name] of Object.entries(headers)) {
    if (name === '') continue
    const field = input.fields.find(candidate => candidate.name === name)
    if (field?.fieldKind !== 'scalar' || field.scalar !== ScalarType.STRING) {
      return `${option}: ${input.typeName} has no field "${name}" that is one string`
    }
  }
  return null
}

function findStreamProblem({ eventStream, claims, successStatus }: RoutePolicy, method: DescMethod): string | null {
  const streams = method.methodKind === 'server_streaming'
  if (streams && successStatus === 204) return 'success_status 204 has no place for a stream'
  if (eventStream === null) return null
  if (!streams) return 'event_stream needs an rpc that answers with a stream'
  const { event, idField, resumeField } = eventStream
  if (/[\r\n]/.test(event)) return 'event_stream.event must be one line'
  // Browsers cannot tell it from their own, which says that the connection broke.
  if (event === 'error') return 'event_stream.event must not be "error", which is what errors are told as'
  const id = idField === '' ? [] : fieldPath(method.output, idField)
  if (typeof id === 'string') return `event_stream.id_field: ${id}`
  if (id.at(-1)?.message !== undefined) return `event_stream.id_field: "${idField}" is a message`
  const resume = resumeField === '' ? [] : fieldPath(method.input, resumeField)
  if (typeof resume === 'string') return `event_stream.resume_field: ${resume}`
  const isClaim = claims.some(({ field }) => field === resumeField)
  return isClaim ? `event_stream.resume_field: "${resumeField}" is set from the token` : null
}

function findHedgeProblem({ hedgeAfterMs, idempotent, deadlineMs }: RoutePolicy, { methodKind }: DescMethod) {
  if (hedgeAfterMs === null) return null
  if (!(hedgeAfterMs > 0)) return 'hedge_after must be above 0'
  if (methodKind !== 'unary') return 'hedge_after needs an rpc that answers one message with one'
  if (!idempotent) return 'hedge_after needs an rpc that may be repeated: idempotent, or an idempotency_level'
  return deadlineMs !== null && hedgeAfterMs >= deadlineMs ? 'hedge_after must be below the deadline' : null
}
