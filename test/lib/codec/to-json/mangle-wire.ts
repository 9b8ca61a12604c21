import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** A field number that none of the messages of the tests has. */
const UNKNOWN_FIELD = 19_876

/**
 * The wire format of a message as no serializer writes it and every parser must take it: fields in any order, again and
 * again, messages in several parts, and unknown fields in between.
 */
export function mangleWire(desc: DescMessage, wire: Uint8Array, random: () => number): Uint8Array {
  const records: Uint8Array[] = []
  const reader = new BinaryReader(wire)
  while (reader.pos < reader.len) {
    const start = reader.pos
    const [number, wireType] = reader.tag()
    const payload = reader.skip(wireType, number)
    const field = desc.fields.find(candidate => candidate.number === number)
    const copies = random() < 0.2 ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      const parts = field === undefined ? undefined : mangleField(field, payload, random)
      if (parts === undefined) records.push(wire.subarray(start, reader.pos))
      else for (const part of parts) records.push(new BinaryWriter().tag(number, wireType).bytes(part).finish())
    }
  }
  if (random() < 0.3) records.push(unknownRecord(random))
  return Buffer.concat(shuffled(records, random))
}

/** The payloads that a payload of a message field becomes; undefined for other fields, and for groups. */
function mangleField(field: DescField, payload: Uint8Array, random: () => number): Uint8Array[] | undefined {
  if (field.message === undefined || field.fieldKind === 'map' || field.delimitedEncoding) return undefined
  const reader = new BinaryReader(payload)
  const mangled = mangleWire(field.message, reader.bytes(), random)
  if (field.fieldKind === 'list' || random() < 0.5) return [mangled]
  return split(mangled, random)
}

function split(wire: Uint8Array, random: () => number): Uint8Array[] {
  const reader = new BinaryReader(wire)
  const parts: Uint8Array[][] = [[], [], []]
  while (reader.pos < reader.len) {
    const start = reader.pos
    const [number, wireType] = reader.tag()
    reader.skip(wireType, number)
    parts[Math.floor(random() * parts.length)]!.push(wire.subarray(start, reader.pos))
  }
  return parts.map(records => Buffer.concat(records))
}

function unknownRecord(random: () => number): Uint8Array {
  const writer = new BinaryWriter()
  if (random() < 0.3)
    return writer
      .tag(UNKNOWN_FIELD, WireType.Varint)
      .uint64(2n ** 64n - 1n)
      .finish()
  if (random() < 0.3) return writer.tag(UNKNOWN_FIELD, WireType.Bit64).double(1.5).finish()
  if (random() < 0.5) return writer.tag(UNKNOWN_FIELD, WireType.LengthDelimited).string('x'.repeat(200)).finish()
  writer.tag(UNKNOWN_FIELD, WireType.StartGroup).tag(1, WireType.Bit32).float(1)
  writer.tag(2, WireType.StartGroup).tag(2, WireType.EndGroup)
  return writer.tag(UNKNOWN_FIELD, WireType.EndGroup).finish()
}

function shuffled<T>(items: T[], random: () => number): T[] {
  const result = [...items]
  for (let index = result.length - 1; index > 0; index--) {
    const other = Math.floor(random() * (index + 1))
    const held = result[index]!
    result[index] = result[other]!
    result[other] = held
  }
  return result
}
