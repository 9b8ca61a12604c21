import { ScalarType } from '@bufbuild/protobuf'
import { WireType } from '@bufbuild/protobuf/wire'
import { isSafeInt64, isSafeUint64, writeInt64, writeUint64 } from './integers.ts'
import type { JsonBuffer } from './json-buffer.ts'
import type { ValueCodec } from './value.ts'
import type { WireCursor } from './wire-cursor.ts'

const QUOTE = 0x22

export type Int64Type =
  | typeof ScalarType.INT64
  | typeof ScalarType.UINT64
  | typeof ScalarType.SINT64
  | typeof ScalarType.FIXED64
  | typeof ScalarType.SFIXED64

interface Int64 {
  wireType: WireType
  signed: boolean
  /** Reads a value into the `low` and `high` of the cursor. */
  read: (wire: WireCursor) => void
}

const types: Record<Int64Type, Int64> = {
  [ScalarType.INT64]: { wireType: WireType.Varint, signed: true, read: wire => wire.varint64() },
  [ScalarType.UINT64]: { wireType: WireType.Varint, signed: false, read: wire => wire.varint64() },
  [ScalarType.SINT64]: { wireType: WireType.Varint, signed: true, read: readZigZag64 },
  [ScalarType.FIXED64]: { wireType: WireType.Bit64, signed: false, read: wire => wire.fixed64() },
  [ScalarType.SFIXED64]: { wireType: WireType.Bit64, signed: true, read: wire => wire.fixed64() }
}

export function isInt64(type: ScalarType): type is Int64Type {
  return type in types
}

/** Compiles the codec of 64-bit integers: always strings, or numbers where these are exact (up to 2^53 - 1). */
export function int64Codec(type: Int64Type, style: 'string' | 'number'): ValueCodec {
  const { wireType, signed, read } = types[type]
  const write = signed ? writeInt64 : writeUint64
  const isSafe = signed ? isSafeInt64 : isSafeUint64
  function print(wire: WireCursor, out: JsonBuffer): boolean {
    read(wire)
    if (style === 'number' && isSafe(wire.low, wire.high)) {
      write(out, wire.low, wire.high)
      return true
    }
    out.byte(QUOTE)
    write(out, wire.low, wire.high)
    out.byte(QUOTE)
    return true
  }
  return { wireType, print, zero: Buffer.from(style === 'string' ? '"0"' : '0') }
}

/** The sign is the lowest bit. */
function readZigZag64(wire: WireCursor): void {
  wire.varint64()
  const { low, high } = wire
  const sign = -(low & 1)
  wire.low = ((low >>> 1) | (high << 31)) ^ sign
  wire.high = (high >>> 1) ^ sign
}
