import { ScalarType } from '@bufbuild/protobuf'
import { readBytes } from './base64.ts'
import { QUOTE } from './characters.ts'
import type { IntegerStyle } from './decimal.ts'
import { readDouble, readFloat } from './doubles.ts'
import { int32Reader, int64Reader } from './integers.ts'
import { DEFAULT, type ReadValue, WRITTEN } from './outcome.ts'
import { readLiteral, refuse, refuseFrom } from './skip.ts'
import { readName, writeString } from './strings.ts'
import type { Writer } from './writer.ts'

export const INT32_MIN = -(2 ** 31)
export const INT32_MAX = 2 ** 31 - 1
const UINT32_MAX = 2 ** 32 - 1

/** Compiles a reader of the ProtoJSON of a scalar. */
export function scalarReader(type: ScalarType, style: IntegerStyle): ReadValue {
  switch (type) {
    case ScalarType.STRING:
      return readString
    case ScalarType.BOOL:
      return readBool
    case ScalarType.BYTES:
      return readBytes
    case ScalarType.DOUBLE:
      return readDouble
    case ScalarType.FLOAT:
      return readFloat
    case ScalarType.INT32:
      return int32Reader(INT32_MIN, INT32_MAX, style, writeInt32)
    case ScalarType.SINT32:
      return int32Reader(INT32_MIN, INT32_MAX, style, (out, value) => out.varint32((value << 1) ^ (value >> 31)))
    case ScalarType.SFIXED32:
      return int32Reader(INT32_MIN, INT32_MAX, style, (out, value) => out.fixed32(value))
    case ScalarType.UINT32:
      return int32Reader(0, UINT32_MAX, style, (out, value) => out.varint32(value))
    case ScalarType.FIXED32:
      return int32Reader(0, UINT32_MAX, style, (out, value) => out.fixed32(value))
    case ScalarType.INT64:
      return int64Reader(true, style, (out, low, high) => out.varint64(low, high))
    case ScalarType.SINT64:
      return int64Reader(true, style, writeZigzag64)
    case ScalarType.SFIXED64:
      return int64Reader(true, style, (out, low, high) => out.fixed64(low, high))
    case ScalarType.UINT64:
      return int64Reader(false, style, (out, low, high) => out.varint64(low, high))
    case ScalarType.FIXED64:
      return int64Reader(false, style, (out, low, high) => out.fixed64(low, high))
  }
}

/** Compiles a reader of the keys of a map, which are strings in JSON and never need more than one spelling. */
export function keyReader(type: ScalarType): ReadValue {
  return type === ScalarType.BOOL ? readBoolKey : scalarReader(type, 'strict')
}

/** Writes an integer of 32 bits, or an enum. Negative ones are extended to 64 bits. */
export function writeInt32(out: Writer, value: number): void {
  if (value >= 0) out.varint32(value)
  else out.varint64(value, -1)
}

function writeZigzag64(out: Writer, low: number, high: number): void {
  const sign = high >> 31
  out.varint64((low << 1) ^ sign, ((high << 1) | (low >>> 31)) ^ sign)
}

const readBool: ReadValue = (cursor, out) => {
  const value = readLiteral(cursor)
  return value === undefined ? refuse(cursor, 'must be true or false') : writeBool(out, value)
}

const readBoolKey: ReadValue = (cursor, out) => {
  const start = cursor.position
  const name = readName(cursor)
  if (name !== 'true' && name !== 'false') return refuseFrom(cursor, start, 'must be true or false')
  return writeBool(out, name === 'true')
}

function writeBool(out: Writer, value: boolean) {
  out.byte(value ? 1 : 0)
  return value ? WRITTEN : DEFAULT
}

/** Reads a string. */
export const readString: ReadValue = (cursor, out) => {
  if (cursor.byte !== QUOTE) return refuse(cursor, 'must be a string')
  const start = out.position
  // UTF-8 has no form for half a character, so a service would be sent something else than the caller wrote.
  if (!writeString(cursor, out)) cursor.errors.refuse('must be Unicode text without lone surrogates')
  // Nothing but the length: it is zero.
  return out.position === start + 1 ? DEFAULT : WRITTEN
}
