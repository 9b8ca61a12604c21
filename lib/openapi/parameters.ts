import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { hasSettableFields, type ParentField } from '../codec/local.ts'
import { fieldTextReader } from '../codec/read-text.ts'
import { fieldPath } from '../httprule/field-path.ts'
import type { HttpRule } from '../httprule/rules.ts'
import type { RoutePolicy } from '../policies/route-policy.ts'
import { headerFields } from '../transcode/header-fields.ts'
import { type Dialect, nameIn } from './dialect.ts'
import { fieldSchema } from './field-schema.ts'
import type { PathParameter } from './path.ts'
import { requiredFields } from './required.ts'
import { paragraph } from './rules/constraint.ts'
import type { Parameter, Schema } from './types.ts'

/** Messages in messages in messages have more fields than anybody reads; those beyond are taken, and not listed. */
const maxQueryParameters = 200

/**
 * The parameters in the path.
 *
 * @param names what they are called in the document.
 */
export function pathParameters(
  { method }: HttpRule,
  parameters: readonly PathParameter[],
  names: readonly string[],
  dialect: Dialect
): Parameter[] {
  return parameters.map(({ name, variable, note }, index) => {
    const schema = variable === null ? text : variableSchema(method.input, variable.fieldPath, note, dialect)
    const field = variable?.fieldPath ?? name
    const isRenamed = names[index] !== name && variable !== null
    const { description, ...rest } = schema
    return {
      name: names[index]!,
      in: 'path',
      required: true,
      description: paragraph(description, note, isRenamed ? `Sets \`${field}\`.` : undefined),
      schema: rest
    }
  })
}

const text: Schema = { type: 'string' }

/** The rules of a field are not those of the parts of its value. */
function variableSchema(input: DescMessage, path: string, note: string | undefined, dialect: Dialect): Schema {
  const field = (fieldPath(input, path) as DescField[]).at(-1)!
  return note === undefined ? fieldSchema(field, dialect) : { ...text, description: dialect.commentOf(field) }
}

interface QueryField {
  parents: readonly ParentField[]
  field: DescField
}

/**
 * The parameters in the query: all fields that are neither in the body nor bound from elsewhere.
 *
 * @param bound the paths of fields that the path or the token sets.
 * @param optional the names of fields that need not be given.
 */
export function queryParameters(
  { method, body }: HttpRule,
  bound: ReadonlySet<string>,
  optional: ReadonlySet<string>,
  dialect: Dialect
): Parameter[] {
  if (body === '*') return []
  const required = requiredFields(method.input)
  const parameters: Parameter[] = []
  for (const { parents, field } of queryFields(method.input, new Set([...bound, body]))) {
    const path = [...parents, field]
    const { description, deprecated, ...schema } = fieldSchema(field, dialect)
    const isRequired = parents.length === 0 && required.has(field.name) && !optional.has(field.name)
    parameters.push({
      name: path.map(each => nameIn(dialect, each)).join('.'),
      in: 'query',
      required: isRequired || undefined,
      description,
      deprecated,
      schema
    })
    if (parameters.length === maxQueryParameters) break
  }
  return parameters
}

/** The fields that a key of a query can lead to, the shallow ones first. A message within itself is not gone into. */
function* queryFields(input: DescMessage, excluded: ReadonlySet<string>): Generator<QueryField> {
  const queue: { desc: DescMessage; parents: readonly ParentField[] }[] = [{ desc: input, parents: [] }]
  for (const { desc, parents } of queue) {
    for (const field of desc.fields) {
      if (excluded.has([...parents, field].map(each => each.name).join('.'))) continue
      if (fieldTextReader(field) !== undefined) yield { parents, field }
      else if (canGoInto(field, input, parents) && queue.length < maxQueryParameters) {
        queue.push({ desc: field.message, parents: [...parents, field] })
      }
    }
  }
}

function canGoInto(field: DescField, input: DescMessage, parents: readonly ParentField[]): field is ParentField {
  if (!hasSettableFields(field)) return false
  const around = [input, ...parents.map(({ message }) => message)]
  return !around.some(({ typeName }) => typeName === field.message.typeName)
}

/** The headers that set fields of the request. */
export function headerParameters({ method }: HttpRule, policy: RoutePolicy, dialect: Dialect): Parameter[] {
  return headerFields(policy).map(({ field: path, name }) => {
    const field = (fieldPath(method.input, path) as DescField[]).at(-1)!
    const { description, ...schema } = fieldSchema(field, dialect)
    return { name, in: 'header', description: paragraph(description, `Sets \`${path}\`.`), schema }
  })
}
