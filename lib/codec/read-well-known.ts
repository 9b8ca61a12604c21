import { create, type DescMessage, type Message } from '@bufbuild/protobuf'
import { protoSnakeCase } from '@bufbuild/protobuf/reflect'
import {
  FieldMaskSchema,
  isWrapperDesc,
  type ListValue,
  ListValueSchema,
  NullValue,
  type Struct,
  StructSchema,
  type Value,
  ValueSchema
} from '@bufbuild/protobuf/wkt'
import { setOwn } from './own.ts'
import { type ReadValue, scalarReader } from './read-scalar.ts'
import { readDuration, readTimestamp } from './read-time.ts'
import type { Violations } from './violations.ts'

/**
 * The reader of a message that has a JSON form of its own, or undefined for any other. google.protobuf.Any is not among
 * them: it needs the readers of all others. Where protobuf-es keeps something else than the message, such as the value of
 * a wrapper, the field has to see to it.
 */
export function wellKnownReader(desc: DescMessage): ReadValue | undefined {
  switch (desc.typeName) {
    case 'google.protobuf.Timestamp':
      return readTimestamp
    case 'google.protobuf.Duration':
      return readDuration
    case 'google.protobuf.FieldMask':
      return readFieldMask
    case 'google.protobuf.Struct':
      return (json, errors) => (readJsonObject(json, errors) === undefined ? undefined : toStruct(json as JsonObject))
    case 'google.protobuf.Value':
      return (json, errors) => (isJson(json, errors) ? toValue(json as Json) : undefined)
    case 'google.protobuf.ListValue':
      return (json, errors) => (isJsonArray(json, errors) ? toListValue(json as Json[]) : undefined)
    default:
      return isWrapperDesc(desc) ? wrapperReader(desc) : undefined
  }
}

/** Reads the value of a wrapper into a message of the wrapper's type. */
function wrapperReader(desc: DescMessage): ReadValue {
  const read = wrappedReader(desc)
  return (json, errors) => {
    const value = read(json, errors)
    if (value === undefined) return undefined
    const message: Message & { value?: unknown } = create(desc)
    message.value = value
    return message
  }
}

/** The reader of what a wrapper wraps. */
export function wrappedReader(desc: DescMessage): ReadValue {
  const field = desc.fields[0]!
  return scalarReader(field.scalar!)
}

const MASK_PATH = /^[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*$/

/**
 * Reads google.protobuf.FieldMask: `"title,author.name"`. ProtoJSON writes the paths in lowerCamelCase; a path with an
 * underscore is taken as written, so that a mask can use the same names as the fields beside it.
 */
function readFieldMask(json: unknown, errors: Violations): unknown {
  const paths = json === '' ? [] : typeof json === 'string' ? json.split(',') : undefined
  if (paths === undefined || !paths.every(path => MASK_PATH.test(path))) {
    return errors.refuse('must be field paths with commas between them, such as "title,author.name"')
  }
  return create(FieldMaskSchema, { paths: paths.map(path => (path.includes('_') ? path : protoSnakeCase(path))) })
}

type Json = null | boolean | number | string | Json[] | JsonObject
interface JsonObject {
  [key: string]: Json
}

/** Reads google.protobuf.Struct as the plain object that protobuf-es keeps for a field of this type. */
export function readJsonObject(json: unknown, errors: Violations): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return errors.refuse('must be an object')
  return isJson(json, errors) ? json : undefined
}

function isJsonArray(json: unknown, errors: Violations): boolean {
  if (Array.isArray(json)) return isJson(json, errors)
  errors.refuse('must be an array')
  return false
}

/** Whether all of a JSON value can be kept as it is; reports what cannot. */
function isJson(json: unknown, errors: Violations): boolean {
  switch (typeof json) {
    case 'string':
      if (json.isWellFormed()) return true
      errors.refuse('must be Unicode text without lone surrogates')
      return false
    case 'number':
      if (Number.isFinite(json)) return true
      errors.refuse('must be a number that fits a double')
      return false
    case 'boolean':
      return true
    case 'object':
      return json === null || areJson(json, errors)
    default:
      errors.refuse('must be a JSON value')
      return false
  }
}

function areJson(json: object, errors: Violations): boolean {
  if (!errors.enter()) return false
  const start = errors.list.length
  const inArray = Array.isArray(json)
  for (const [key, value] of Object.entries(json)) {
    const before = errors.list.length
    if (!key.isWellFormed()) errors.refuse('must have names without lone surrogates')
    else if (!isJson(value, errors)) errors.prefix(before, inArray ? `[${key}]` : key)
    if (errors.full) break
  }
  errors.leave()
  return errors.list.length === start
}

function toStruct(json: JsonObject): Struct {
  const struct = create(StructSchema)
  for (const key of Object.keys(json)) setOwn(struct.fields, key, toValue(json[key] as Json))
  return struct
}

function toListValue(json: Json[]): ListValue {
  return create(ListValueSchema, { values: json.map(toValue) })
}

function toValue(json: Json): Value {
  return create(ValueSchema, { kind: kindOf(json) })
}

function kindOf(json: Json): Value['kind'] {
  switch (typeof json) {
    case 'string':
      return { case: 'stringValue', value: json }
    case 'number':
      return { case: 'numberValue', value: json }
    case 'boolean':
      return { case: 'boolValue', value: json }
    default:
      if (json === null) return { case: 'nullValue', value: NullValue.NULL_VALUE }
      if (Array.isArray(json)) return { case: 'listValue', value: toListValue(json) }
      return { case: 'structValue', value: toStruct(json) }
  }
}
