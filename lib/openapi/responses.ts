import { type DescField, ScalarType } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence as FieldPresence } from '@bufbuild/protobuf/wkt'
import type { HttpRule } from '../httprule/rules.ts'
import { compileReadRawBody } from '../stream/http-body.ts'
import { compileLocation, type ServedRule } from '../transcode/location.ts'
import type { Dialect } from './dialect.ts'
import { fieldSchema, messageSchema, orNull } from './field-schema.ts'
import type { Content, Header, Reference, Response, Responses, Schema } from './types.ts'

const limitHeaders = ['RateLimit-Policy', 'RateLimit']

/** The headers that responses refer to. */
export const headerComponents: Readonly<Record<string, Header>> = {
  'RateLimit-Policy': {
    schema: { type: 'string' },
    description: 'The limits: how many tokens a bucket holds (`q`), and in how many seconds it fills (`w`).'
  },
  RateLimit: {
    schema: { type: 'string' },
    description: 'How many tokens are left (`r`), and in how many seconds the bucket is full, or has one (`t`).'
  },
  'X-Request-Id': { schema: { type: 'string' }, description: 'What tells this request from all others, in logs too.' }
}

/**
 * The responses of an operation that succeeded.
 *
 * @param served all rules of the same service.
 */
export function successResponses(route: ServedRule, served: readonly ServedRule[], dialect: Dialect): Responses {
  const { rule, policy } = route
  const status = String(policy.successStatus)
  const headers = headersOf(route, served)
  if (policy.successStatus === 204 || rule.httpMethod === 'HEAD') return { [status]: { description: 'Done.', headers } }
  if (compileReadRawBody(rule) !== null) {
    return {
      [status]: { description: 'The content, of the type that the service says.', headers, content: { '*/*': {} } }
    }
  }
  const schema = responseSchema(rule, dialect)
  if (rule.method.methodKind !== 'server_streaming') {
    return { [status]: { description: 'Done.', headers, content: { 'application/json': { schema } } } }
  }
  const stream: Response = { description: streamDescription, headers, content: streamContent(schema) }
  const canResume = policy.eventStream !== null && policy.eventStream.resumeField !== ''
  return canResume
    ? { [status]: stream, 204: { description: 'All events were seen: do not come back.' } }
    : { [status]: stream }
}

const streamDescription =
  'A stream of messages, in the form that `Accept` asks for: one per line (`application/x-ndjson`, the default), one per ' +
  'event (`text/event-stream`), or the elements of an array (`application/json`). The schemas of the first two are those of ' +
  'a line and of the `data` of an event. What goes wrong after the stream has begun is told by a last line, or an event ' +
  'named `error`; an array breaks off.'

function streamContent(message: Schema): Content {
  const orError: Schema = { anyOf: [message, { $ref: '#/components/schemas/Error' }] }
  return {
    'application/x-ndjson': { schema: orError },
    'text/event-stream': { schema: orError },
    'application/json': { schema: { type: 'array', items: message } }
  }
}

/** The whole answer, or the field of it that the rule picks. A field that is not set is null. */
function responseSchema({ method, responseBody }: HttpRule, dialect: Dialect): Schema {
  const field = method.output.fields.find(({ name }) => name === responseBody)
  if (field === undefined) return messageSchema(method.output, dialect)
  const schema = fieldSchema(field, dialect)
  return field.presence === FieldPresence.IMPLICIT ? schema : orNull(schema)
}

function headersOf(route: ServedRule, served: readonly ServedRule[]): Record<string, Header | Reference> {
  const { httpMethod, method } = route.rule
  const { idempotencyKeyField, successStatus } = route.policy
  const references = [...limitHeaders, 'X-Request-Id'].map(name => [name, { $ref: `#/components/headers/${name}` }])
  const own: Record<string, Header> = {}
  if (httpMethod === 'GET' && method.methodKind !== 'server_streaming' && method.output.fields.some(isEtag)) {
    own.ETag = { schema: { type: 'string' }, description: 'The version of the answer, fit for `If-Match`.' }
  }
  if (successStatus === 201 && compileLocation(route, served) !== null) {
    own.Location = {
      schema: { type: 'string', format: 'uri-reference' },
      description: 'Where to read what was created.'
    }
  }
  if (idempotencyKeyField !== '') {
    const description = '`true` when this repeats the answer to an earlier request with the same `Idempotency-Key`.'
    own['Idempotency-Replayed'] = { schema: { type: 'string' }, description }
  }
  return { ...own, ...Object.fromEntries(references) }
}

function isEtag({ name, scalar }: DescField): boolean {
  return name === 'etag' && scalar === ScalarType.STRING
}
