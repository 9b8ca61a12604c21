import { create, type DescField, type DescMessage } from '@bufbuild/protobuf'
import { isWrapperDesc } from '@bufbuild/protobuf/wkt'
import { isUnwrapped, type LocalMessage } from './local.ts'
import { enumTextReader, type ReadText, scalarTextReader } from './read-scalar.ts'
import { wellKnownReader } from './read-well-known.ts'

/** Messages whose JSON is a string, besides some wrappers. */
const STRING_JSON_TYPES: ReadonlySet<string> = new Set([
  'google.protobuf.Timestamp',
  'google.protobuf.Duration',
  'google.protobuf.FieldMask'
])

/**
 * Compiles a reader of what a path variable or a query parameter holds for a field, or for one element of a repeated one.
 * Undefined for fields that a single text cannot express: messages, but for those whose JSON is a scalar; lists of any
 * messages; maps.
 */
export function fieldTextReader(field: DescField): ReadText | undefined {
  if (field.fieldKind === 'map') return undefined
  if (field.enum !== undefined) return enumTextReader(field.enum)
  if (field.message === undefined) return scalarTextReader(field.scalar, field.longAsString)
  if (field.fieldKind === 'list') return undefined
  if (STRING_JSON_TYPES.has(field.message.typeName)) return wellKnownReader(field.message)
  if (!isWrapperDesc(field.message)) return undefined
  const read = scalarTextReader(field.message.fields[0].scalar)
  return isUnwrapped(field) ? read : wrapping(field.message, read)
}

function wrapping(desc: DescMessage, read: ReadText): ReadText {
  return (text, errors) => {
    const value = read(text, errors)
    if (value === undefined) return undefined
    const message = create(desc) as unknown as LocalMessage
    message.value = value
    return message
  }
}
