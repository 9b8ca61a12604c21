import { type DescField, type DescMessage, type MessageShape, ScalarType } from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'

/**
 * Makes a message whose fields are all set, to other values than they have by default, which are as long as in the messages of
 * services: texts of 12 characters, 13 digits of an int64 (as times in milliseconds have), amounts with cents.
 *
 * @throws Error for a message with fields of other types than string, int64, double, bool, int32 and enums
 */
export function filledMessage<Desc extends DescMessage>(desc: Desc): MessageShape<Desc> {
  const made = reflect(desc)
  for (const field of desc.fields) made.set(field, someValueOf(field))
  return made.message as MessageShape<Desc>
}

function someValueOf(field: DescField): unknown {
  const { number } = field
  if (field.fieldKind === 'enum') return field.enum.values.at(-1)!.number
  switch (field.scalar) {
    case ScalarType.STRING:
      return `value-${String(number).padStart(6, '0')}`
    case ScalarType.INT64:
      return 1_790_000_000_000n + BigInt(number)
    case ScalarType.DOUBLE:
      return (number * 1000 + 99) / 100
    case ScalarType.BOOL:
      return true
    case ScalarType.INT32:
      return 42_000 + number
    default:
      throw new Error(`${field} is of a type that there is no value for`)
  }
}
