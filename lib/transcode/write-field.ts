import { create, type DescField, type Message, ScalarType, toBinary } from '@bufbuild/protobuf'
import { type BinaryWriter, WireType } from '@bufbuild/protobuf/wire'
import { isUnwrapped, type ParentField } from '../codec/local.ts'

/**
 * Writes a field by itself, with the messages that hold it around it. Behind other bytes of the same request, a parser
 * merges the messages, takes the last value of a singular field, and adds to a repeated one
 * (https://protobuf.dev/programming-guides/encoding/#last-one-wins). It is written also when it is zero, to be the last.
 *
 * @param parents the messages that hold the field, from the request down.
 * @param value as protobuf-es keeps it; of a repeated field, one element.
 */
export function writeField(
  writer: BinaryWriter,
  parents: readonly ParentField[],
  field: DescField,
  value: unknown
): void {
  const [parent, ...others] = parents
  if (parent === undefined) writeValue(writer, field, value)
  else if (parent.delimitedEncoding) {
    writer.tag(parent.number, WireType.StartGroup)
    writeField(writer, others, field, value)
    writer.tag(parent.number, WireType.EndGroup)
  } else {
    writer.tag(parent.number, WireType.LengthDelimited).fork()
    writeField(writer, others, field, value)
    writer.join()
  }
}

function writeValue(writer: BinaryWriter, field: DescField, value: unknown): void {
  if (field.message === undefined) {
    const type = field.enum === undefined ? (field.scalar as ScalarType) : ScalarType.INT32
    writer.tag(field.number, WIRE_TYPES[type] ?? WireType.Varint)
    writeScalar(writer, type, value)
    return
  }
  const message = isUnwrapped(field) ? create(field.message, { value } as Record<string, unknown>) : (value as Message)
  const wire = toBinary(field.message, message)
  if (field.fieldKind === 'message' && field.delimitedEncoding) {
    writer.tag(field.number, WireType.StartGroup).raw(wire).tag(field.number, WireType.EndGroup)
  } else {
    writer.tag(field.number, WireType.LengthDelimited).bytes(wire)
  }
}

/** All other scalars are varints. */
const WIRE_TYPES: Readonly<Partial<Record<ScalarType, WireType>>> = {
  [ScalarType.DOUBLE]: WireType.Bit64,
  [ScalarType.FIXED64]: WireType.Bit64,
  [ScalarType.SFIXED64]: WireType.Bit64,
  [ScalarType.FLOAT]: WireType.Bit32,
  [ScalarType.FIXED32]: WireType.Bit32,
  [ScalarType.SFIXED32]: WireType.Bit32,
  [ScalarType.STRING]: WireType.LengthDelimited,
  [ScalarType.BYTES]: WireType.LengthDelimited
}

/** The writer has a method for each scalar, by its name in proto files. */
function writeScalar(writer: BinaryWriter, type: ScalarType, value: unknown): void {
  const method = ScalarType[type].toLowerCase() as 'string'
  writer[method](value as string)
}
