import { create, type DescField, type DescMessage } from '@bufbuild/protobuf'
import { isWrapperDesc } from '@bufbuild/protobuf/wkt'
import { isUnwrapped, type LocalMessage } from './local.ts'
import { readFieldMask } from './read-field-mask.ts'
import { enumTextReader, type ReadText, scalarTextReader } from './read-scalar.ts'
import { readDuration, readTimestamp } from './read-time.ts'

/** Messages whose JSON is a string, besides some wrappers. */
const STRING_JSON_TYPES: ReadonlyMap<string, ReadText> = new Map([
  ['google.protobuf.Timestamp', readTimestamp],
  ['google.protobuf.Duration', readDuration],
  ['google.protobuf.FieldMask', readFieldMask]
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
  if (!isWrapperDesc(field.message)) return STRING_JSON_TYPES.get(field.message.typeName)
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
