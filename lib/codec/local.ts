import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { isWrapperDesc } from '@bufbuild/protobuf/wkt'

/**
 * A message as protobuf-es keeps it: a plain object with a property for each field outside of a oneof, and one for each
 * oneof.
 */
export type LocalMessage = Record<string, unknown>

/** A oneof as protobuf-es keeps it. `case` is the local name of the field that is set. */
interface LocalOneof {
  case: string | undefined
  value?: unknown
}

/** Whether a field of a wrapper type holds what is wrapped instead of the message. */
export function isUnwrapped(field: DescField): field is DescField & { message: DescMessage } {
  return field.fieldKind === 'message' && field.oneof === undefined && isWrapperDesc(field.message)
}

/** A singular field that holds a message whose own fields can be set one by one. */
export type ParentField = DescField & { fieldKind: 'message' }

/**
 * Whether the fields of what this field holds can be set one by one. Not so for repeated fields; for types that
 * protobuf-es does not keep as a message here; and for google.protobuf.Any, whose type has to be known first.
 */
export function hasSettableFields(field: DescField): field is ParentField {
  if (field.fieldKind !== 'message' || isWrapperDesc(field.message)) return false
  return field.message.typeName !== 'google.protobuf.Struct' && field.message.typeName !== 'google.protobuf.Any'
}

/** What a singular field holds, or undefined. A field without presence always holds something. */
export function getField(message: LocalMessage, field: DescField): unknown {
  if (field.oneof === undefined) return message[field.localName]
  const oneof = message[field.oneof.localName] as LocalOneof
  return oneof.case === field.localName ? oneof.value : undefined
}
