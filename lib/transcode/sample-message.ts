import { create, type DescField, type DescMessage, type Message, ScalarType } from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'

/** A message in which one field is set, to a value that is not zero; a list or a map has one element. */
export function sampleMessage(desc: DescMessage, field: DescField): Message {
  const message = create(desc)
  const reflected = reflect(desc, message)
  switch (field.fieldKind) {
    case 'list':
      reflected.get(field).add(sampleElement(field) as never)
      break
    case 'map':
      reflected.get(field).set(sampleScalar(field.mapKey) as string, sampleElement(field) as never)
      break
    default:
      reflected.set(field, sampleElement(field))
  }
  return message
}

function sampleElement(field: DescField): unknown {
  if (field.enum !== undefined) return field.enum.values.at(-1)?.number ?? 0
  return field.message === undefined ? sampleScalar(field.scalar) : reflect(field.message)
}

function sampleScalar(type: ScalarType): unknown {
  switch (type) {
    case ScalarType.STRING:
      return 'a'
    case ScalarType.BYTES:
      return new Uint8Array([1])
    case ScalarType.BOOL:
      return true
    case ScalarType.INT64:
    case ScalarType.UINT64:
    case ScalarType.SINT64:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return 1n
    default:
      return 1
  }
}
