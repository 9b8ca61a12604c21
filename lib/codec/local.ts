import { create, type DescField, type DescMessage } from '@bufbuild/protobuf'
import { isWrapperDesc } from '@bufbuild/protobuf/wkt'

/**
 * A message as protobuf-es keeps it: a plain object with a property for each field outside of a oneof, and one for each
 * oneof. The codecs read and write it directly, as they are compiled from its descriptor.
 */
export type LocalMessage = Record<string, unknown>

/** A oneof as protobuf-es keeps it. `case` is the local name of the field that is set. */
export interface LocalOneof {
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

/** The field of the same oneof that is set instead of this one, or undefined. */
export function rivalOf(message: LocalMessage, field: DescField): DescField | undefined {
  if (field.oneof === undefined) return undefined
  const { case: set } = message[field.oneof.localName] as LocalOneof
  if (set === undefined || set === field.localName) return undefined
  return field.oneof.fields.find(candidate => candidate.localName === set)
}

/** Sets a field; in a oneof, in place of the field that was set. */
export function setField(message: LocalMessage, field: DescField, value: unknown): void {
  if (field.oneof === undefined) message[field.localName] = value
  else message[field.oneof.localName] = { case: field.localName, value } satisfies LocalOneof
}

/** The message that a singular message field holds; a new one is put there when it holds none. */
export function childOf(message: LocalMessage, field: ParentField): LocalMessage {
  const held = getField(message, field)
  if (held !== undefined) return held as LocalMessage
  const child = create(field.message) as unknown as LocalMessage
  setField(message, field, child)
  return child
}
