import { STATUS_CODES } from 'node:http'
import type { DescMessage } from '@bufbuild/protobuf'
import { type RequestErrorCode, requestErrors } from '../../errors.ts'
import { codeNames } from '../errors/code.ts'
import { publishedDetails } from '../errors/details.ts'
import type { HttpRule } from '../httprule/rules.ts'
import type { RoutePolicy } from '../policies/route-policy.ts'
import { compileReadRawBody, takesRawBody } from '../stream/http-body.ts'
import type { Dialect } from './dialect.ts'
import { objectSchema } from './message-schema.ts'
import type { Header, Reference, Response, Responses, Schema } from './types.ts'

type Applies = (rule: HttpRule, policy: RoutePolicy) => boolean

const forUsers: Applies = (_rule, { access }) => access === 'user'
const withStreamedBody: Applies = ({ method, body }) => method.methodKind === 'client_streaming' && body !== ''
const withJsonBody: Applies = rule =>
  rule.body !== '' && !takesRawBody(rule) && rule.method.methodKind !== 'client_streaming'

/** Whoever calls what the document describes meets neither of the first two, nobody hears of the third, and the last is for operators. */
const unheard: ReadonlySet<RequestErrorCode> = new Set([
  'SLUICE_ERR_ROUTE_NOT_FOUND',
  'SLUICE_ERR_METHOD_NOT_ALLOWED',
  'SLUICE_ERR_CANCELLED',
  'SLUICE_ERR_LOG_LEVEL'
])

const ownErrors = (Object.keys(requestErrors) as RequestErrorCode[])
  .filter(name => !unheard.has(name))
  .map(name => ({ name, ...requestErrors[name] }))

/** When an error of the gateway can occur. Those that are not here can always. */
const applies: Partial<Record<RequestErrorCode, Applies>> = {
  SLUICE_ERR_AUTH_HEADER_MISSING: forUsers,
  SLUICE_ERR_AUTH_HEADER_INVALID: forUsers,
  SLUICE_ERR_AUTH_TOKEN_INVALID: forUsers,
  SLUICE_ERR_AUTH_TOKEN_EXPIRED: forUsers,
  SLUICE_ERR_AUTH_ROLE_REQUIRED: forUsers,
  SLUICE_ERR_AUTH_SCOPE_REQUIRED: (_rule, { scopes }) => scopes.length > 0,
  SLUICE_ERR_AUTH_KEYS_UNAVAILABLE: forUsers,
  SLUICE_ERR_BODY_TOO_LARGE: ({ body }) => body !== '',
  SLUICE_ERR_MEDIA_TYPE: withJsonBody,
  SLUICE_ERR_CONTENT_ENCODING: ({ body }) => body !== '',
  SLUICE_ERR_STREAM_MEDIA_TYPE: withStreamedBody,
  SLUICE_ERR_MESSAGE_TOO_LARGE: withStreamedBody,
  SLUICE_ERR_NOT_ACCEPTABLE: rule => rule.method.methodKind === 'server_streaming' && compileReadRawBody(rule) === null,
  SLUICE_ERR_URI_TOO_LONG: ({ template }) => template.variables.length > 0,
  SLUICE_ERR_IDEMPOTENCY_KEY: (_rule, { idempotencyKeyField }) => idempotencyKeyField !== ''
}

/** What services say, by the status that it becomes: where to expect it, and what it means. */
const said: Readonly<Record<number, { applies: Applies; meaning: string }>> = {
  400: {
    applies: () => true,
    meaning: 'What the request says is refused; `details` has all that is wrong with it (google.rpc.BadRequest).'
  },
  403: { applies: forUsers, meaning: 'The service does not let this user do it.' },
  404: {
    applies: ({ template }) => template.variables.length > 0,
    meaning: 'There is no such thing, or not for this caller.'
  },
  409: {
    applies: ({ httpMethod }) => !['GET', 'HEAD'].includes(httpMethod),
    meaning: 'In conflict with the state of things.'
  },
  412: {
    applies: (_rule, { ifMatchField }) => ifMatchField !== '',
    meaning: 'The version is another than `If-Match` asks for.'
  },
  422: {
    applies: (_rule, { idempotencyKeyField }) => idempotencyKeyField !== '',
    meaning: 'The `Idempotency-Key` was used for another request.'
  }
}

/** The responses of an operation that failed, by status; `default` is whatever else a service may say. */
export function errorResponses(rule: HttpRule, policy: RoutePolicy): Responses {
  const own = ownErrors.filter(({ name }) => applies[name]?.(rule, policy) ?? true)
  const statuses = new Set<number>(own.map(({ status }) => status))
  for (const [status, { applies }] of Object.entries(said)) if (applies(rule, policy)) statuses.add(Number(status))
  const listed = [...statuses].sort((a, b) => a - b).map(status => [status, refTo(responseName(status))])
  return { ...Object.fromEntries(listed), default: refTo('Error') }
}

/** The name of the response with a status: `NotFound`. */
function responseName(status: number): string {
  return STATUS_CODES[status]!.replace(/\W/g, '')
}

function refTo(name: string): Reference {
  return { $ref: `#/components/responses/${name}` }
}

/** The responses that operations refer to. */
export function errorComponents(detailDialect: Dialect): Record<string, Response> {
  const content = errorContent(detailDialect)
  const statuses = [...ownErrors.map(({ status }) => status), ...Object.keys(said).map(Number)]
  const responses = [...new Set(statuses)]
    .sort((a, b) => a - b)
    .map((status): [string, Response] => [
      responseName(status),
      { description: descriptionOf(status), headers: headersOf(status), content }
    ])
  return { ...Object.fromEntries(responses), Error: { description: 'Any other error of the service.', content } }
}

function descriptionOf(status: number): string {
  const lines = ownErrors.filter(error => error.status === status).map(({ reason, when }) => `- \`${reason}\`: ${when}`)
  return [said[status]?.meaning ?? STATUS_CODES[status]!, [...new Set(lines)].join('\n')].join('\n\n').trim()
}

function headersOf(status: number): Record<string, Header> | undefined {
  if (status === 401) return { 'WWW-Authenticate': { schema: { type: 'string' }, description: 'How to authenticate.' } }
  if (status !== 429 && status !== 503) return undefined
  return { 'Retry-After': { schema: { type: 'integer' }, description: 'When trying again may help, in seconds.' } }
}

function errorContent({ components, ...dialect }: Dialect): Response['content'] {
  return {
    'application/json': { schema: components.ref('Error', () => errorSchema({ components, ...dialect })) },
    'application/problem+json': { schema: components.ref('Problem', () => problemSchema({ components, ...dialect })) }
  }
}

/** The one shape of all errors. */
function errorSchema(dialect: Dialect): Schema {
  return {
    type: 'object',
    description: 'The one shape of all errors.',
    properties: { error: { type: 'string', description: 'A sentence for people.' }, ...factProperties(dialect) },
    required: ['error', 'code', 'reason', 'details', 'request_id', 'trace_id']
  }
}

function problemSchema(dialect: Dialect): Schema {
  return {
    type: 'object',
    description: 'The same facts by RFC 9457, for clients that accept it.',
    properties: {
      type: { const: 'about:blank' },
      title: { type: 'string' },
      status: { type: 'integer' },
      detail: { type: 'string', description: 'A sentence for people.' },
      ...factProperties(dialect)
    },
    required: ['type', 'title', 'status', 'detail', 'code', 'reason', 'details', 'request_id', 'trace_id']
  }
}

function factProperties(dialect: Dialect): Record<string, Schema> {
  const details = [...publishedDetails].filter(type => type.kind === 'message')
  return {
    code: { type: 'string', enum: Object.values(codeNames), description: 'The name of the google.rpc.Code.' },
    reason: { type: 'string', description: 'What went wrong, for programs.' },
    details: {
      type: 'array',
      description: 'Messages of google.rpc that say more.',
      items: { anyOf: details.map(desc => detailSchema(desc, dialect)) }
    },
    request_id: { type: 'string', description: 'Also in the header `X-Request-Id`.' },
    trace_id: { type: 'string', description: 'Empty when nothing is traced.' }
  }
}

/** A message as it is in a google.protobuf.Any: with its type beside its fields. */
function detailSchema(desc: DescMessage, dialect: Dialect): Schema {
  return dialect.components.ref(dialect.nameOf(desc.typeName), () => {
    const { properties, ...schema } = objectSchema(desc, dialect)
    const type: Schema = { const: `type.googleapis.com/${desc.typeName}` }
    return { ...schema, properties: { '@type': type, ...properties }, required: ['@type', ...(schema.required ?? [])] }
  })
}
