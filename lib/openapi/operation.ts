import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { fieldPath } from '../httprule/field-path.ts'
import type { HttpRule } from '../httprule/rules.ts'
import type { RoutePolicy, RouteRateLimit } from '../policies/route-policy.ts'
import { headerFields } from '../transcode/header-fields.ts'
import type { ServedRule } from '../transcode/location.ts'
import { requestBody } from './body.ts'
import type { Dialect } from './dialect.ts'
import { errorResponses } from './errors.ts'
import type { Elsewhere } from './message-schema.ts'
import { headerParameters, pathParameters, queryParameters } from './parameters.ts'
import type { Path } from './path.ts'
import { successResponses } from './responses.ts'
import type { Operation, SecurityRequirement } from './types.ts'

/** What an operation is made of. */
export interface OperationParts extends ServedRule {
  /** All rules of the same service. */
  served: readonly ServedRule[]
  operationId: string
  path: Path
  /** What the parameters of the path are called. */
  names: readonly string[]
  /** How each side writes values. */
  request: Dialect
  response: Dialect
}

/** The name of the security scheme: the token that the user service signs. */
export const bearerScheme = 'bearer'

/** Describes what a rule serves. */
export function operationOf(parts: OperationParts): Operation {
  const { rule, policy, operationId, path, names, served, request, response } = parts
  const { method } = rule
  const elsewhere = elsewhereOf(rule, policy)
  const text: Dialect = { ...request, side: 'text' }
  const { summary, description } = textOf(request.commentOf(method), policy)
  return {
    operationId,
    tags: [method.parent.typeName],
    summary,
    description,
    deprecated: method.deprecated || undefined,
    parameters: [
      ...pathParameters(rule, path.parameters, names, text),
      ...queryParameters(rule, elsewhere.omitted, elsewhere.optional, text),
      ...headerParameters(rule, policy, text)
    ],
    requestBody: requestBody(rule, elsewhere, request),
    responses: { ...successResponses(parts, served, response), ...errorResponses(rule, policy) },
    security: securityOf(policy),
    'x-sluice-rpc': `${method.parent.typeName}.${method.name}`,
    'x-sluice-template': rule.template.text,
    'x-sluice-roles': policy.roles.length === 0 ? undefined : policy.roles,
    'x-sluice-scopes': policy.scopes.length === 0 ? undefined : policy.scopes,
    'x-sluice-rate-limit': policy.rateLimit ?? undefined,
    'x-sluice-deadline-ms': policy.deadlineMs ?? undefined,
    'x-sluice-idempotent': policy.idempotent
  }
}

/**
 * Fields that the path or the token sets are out of reach, and so are the others of their oneofs. Those that a header can set
 * may be given both ways.
 */
function elsewhereOf({ template, method }: HttpRule, policy: RoutePolicy): Elsewhere {
  const claims = policy.claims.map(({ field }) => field)
  const bound = [...template.variables.map(({ fieldPath }) => fieldPath), ...claims]
  return {
    omitted: new Set(bound.flatMap(path => [path, ...rivalsOf(method.input, path)])),
    optional: new Set(headerFields(policy).map(({ field }) => field))
  }
}

/** The paths of the fields that cannot be set beside a field: other members of a oneof that it, or what holds it, is in. */
function rivalsOf(input: DescMessage, path: string): string[] {
  const fields = fieldPath(input, path) as DescField[]
  return fields.flatMap((field, index) => {
    const parents = fields.slice(0, index).map(({ name }) => name)
    const rivals = field.oneof?.fields.filter(other => other !== field) ?? []
    return rivals.map(({ name }) => [...parents, name].join('.'))
  })
}

/** One of the roles suffices, which alternatives say: the roles within a requirement are all needed. */
function securityOf({ access, roles }: RoutePolicy): SecurityRequirement[] {
  if (access === 'public') return []
  return roles.length === 0 ? [{ [bearerScheme]: [] }] : roles.map(role => ({ [bearerScheme]: [role] }))
}

/** The end of a sentence, before another one. */
const firstSentence = /^[^\n]*?[.!?](?=\s|$)/

function textOf(comment: string, policy: RoutePolicy): Pick<Operation, 'summary' | 'description'> {
  const sentence = firstSentence.exec(comment)?.[0] ?? comment.split('\n', 1)[0] ?? ''
  const rest = comment.slice(sentence.length).trim()
  const description = [rest, ...policyNotes(policy)].filter(text => text !== '').join('\n\n')
  return { summary: sentence.replace(/\.$/, '') || undefined, description: description || undefined }
}

function policyNotes({ access, roles, rateLimit, claims }: RoutePolicy): string[] {
  const notes: string[] = []
  if (roles.length > 0) notes.push(`For ${roles.map(role => `\`${role}\``).join(' or ')}.`)
  else if (access === 'user') notes.push('For signed-in users.')
  if (claims.length > 0) {
    notes.push(`${claims.map(({ field, claim }) => `\`${field}\` is \`${claim}\` of the token`).join(', ')}.`)
  }
  if (rateLimit !== null) notes.push(limitNote(rateLimit))
  return notes
}

function limitNote({ rate, burst, key }: RouteRateLimit): string {
  const whose = key === 'subject' ? 'user' : 'client address'
  return `Limited to ${burst} calls at once and ${rate} a second for long, for each ${whose}.`
}
