import type { HttpRule } from '../httprule/rules.ts'
import { takesRawBody } from '../stream/http-body.ts'
import type { Dialect } from './dialect.ts'
import { fieldSchema, messageSchema } from './field-schema.ts'
import { type Elsewhere, objectSchema, within } from './message-schema.ts'
import { requiredFields } from './required.ts'
import type { RequestBody, Schema } from './types.ts'

/** The body of requests by a rule; undefined when there is none. */
export function requestBody(rule: HttpRule, elsewhere: Elsewhere, dialect: Dialect): RequestBody | undefined {
  const { method, body } = rule
  if (body === '') return undefined
  if (takesRawBody(rule)) return { description: 'Any content, which is passed on as it is.', content: { '*/*': {} } }
  const schema = body === '*' ? wholeSchema(rule, elsewhere, dialect) : partSchema(rule, elsewhere, dialect)
  if (method.methodKind === 'client_streaming') return streamBody(schema)
  return { required: isNeeded(rule, elsewhere) || undefined, content: { 'application/json': { schema } } }
}

function streamBody(message: Schema): RequestBody {
  return {
    description:
      'A stream of messages: one per line, or the elements of an array. Each is passed on when it arrives. The schema of ' +
      '`application/x-ndjson` is that of a line.',
    required: true,
    content: {
      'application/x-ndjson': { schema: message },
      'application/json': { schema: { type: 'array', items: message } }
    }
  }
}

/** Whether a request without a body breaks a rule. */
function isNeeded({ method, body }: HttpRule, { omitted, optional }: Elsewhere): boolean {
  const required = requiredFields(method.input)
  if (body !== '*') return required.has(body)
  return [...required].some(name => !omitted.has(name) && !optional.has(name))
}

function wholeSchema({ method }: HttpRule, elsewhere: Elsewhere, dialect: Dialect): Schema {
  const { omitted, optional } = elsewhere
  if (omitted.size === 0 && optional.size === 0) return messageSchema(method.input, dialect)
  return objectSchema(method.input, dialect, elsewhere)
}

/** The schema of the field that is the body, without what comes from elsewhere in it. */
function partSchema({ method, body }: HttpRule, elsewhere: Elsewhere, dialect: Dialect): Schema {
  const field = method.input.fields.find(({ name }) => name === body)!
  return fieldSchema(field, dialect, within(field, elsewhere))
}
