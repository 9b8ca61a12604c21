import { ScalarType } from '@bufbuild/protobuf'
import { WireType } from '@bufbuild/protobuf/wire'
import { writeBase64 } from './base64.ts'
import { doubleOf, floatOf, writeDouble, writeFloat } from './floats.ts'
import { type Int64Type, int64Codec, isInt64 } from './int64.ts'
import { writeInt32, writeUint32 } from './integers.ts'
import type { JsonBuffer } from './json-buffer.ts'
import { writeString } from './strings.ts'
import type { PrintValue, ValueCodec } from './value.ts'
import type { WireCursor } from './wire-cursor.ts'

const QUOTE = 0x22
const ZERO = Buffer.from('0')
const EMPTY = Buffer.from('""')
const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')

const codecs: Record<Exclude<ScalarType, Int64Type | typeof ScalarType.STRING>, ValueCodec> = {
  [ScalarType.BOOL]: { wireType: WireType.Varint, zero: FALSE, print: printBool },
  [ScalarType.INT32]: { wireType: WireType.Varint, zero: ZERO, print: printInt32 },
  [ScalarType.UINT32]: { wireType: WireType.Varint, zero: ZERO, print: printUint32 },
  [ScalarType.SINT32]: { wireType: WireType.Varint, zero: ZERO, print: printSint32 },
  [ScalarType.FIXED32]: { wireType: WireType.Bit32, zero: ZERO, print: printFixed32 },
  [ScalarType.SFIXED32]: { wireType: WireType.Bit32, zero: ZERO, print: printSfixed32 },
  [ScalarType.FLOAT]: { wireType: WireType.Bit32, zero: ZERO, print: printFloat },
  [ScalarType.DOUBLE]: { wireType: WireType.Bit64, zero: ZERO, print: printDouble },
  [ScalarType.BYTES]: { wireType: WireType.LengthDelimited, zero: EMPTY, print: printBytes }
}

/**
 * Compiles the codec of a scalar.
 *
 * @param utf8Validation whether a string that is no UTF-8 is refused.
 */
export function scalarCodec(type: ScalarType, int64: 'string' | 'number', utf8Validation: boolean): ValueCodec {
  if (type === ScalarType.STRING) {
    return { wireType: WireType.LengthDelimited, zero: EMPTY, print: stringPrinter(utf8Validation) }
  }
  return isInt64(type) ? int64Codec(type, int64) : codecs[type]
}

/** Compiles the codec of the keys of a map, which are all strings in JSON. */
export function mapKeyCodec(type: ScalarType, utf8Validation: boolean): ValueCodec {
  const codec = scalarCodec(type, 'string', utf8Validation)
  if (type === ScalarType.STRING || isInt64(type)) return codec
  return { wireType: codec.wireType, zero: Buffer.from(`"${codec.zero}"`), print: quoted(codec.print) }
}

function quoted(print: PrintValue): PrintValue {
  return (wire, out) => {
    out.byte(QUOTE)
    print(wire, out)
    out.byte(QUOTE)
    return true
  }
}

function printBool(wire: WireCursor, out: JsonBuffer): boolean {
  wire.varint64()
  out.raw((wire.low | wire.high) === 0 ? FALSE : TRUE)
  return true
}

function printInt32(wire: WireCursor, out: JsonBuffer): boolean {
  writeInt32(out, wire.int32())
  return true
}

function printUint32(wire: WireCursor, out: JsonBuffer): boolean {
  writeUint32(out, wire.int32() >>> 0)
  return true
}

/** The sign is the lowest bit. */
function printSint32(wire: WireCursor, out: JsonBuffer): boolean {
  const zigZag = wire.int32()
  writeInt32(out, (zigZag >>> 1) ^ -(zigZag & 1))
  return true
}

function printFixed32(wire: WireCursor, out: JsonBuffer): boolean {
  writeUint32(out, wire.fixed32() >>> 0)
  return true
}

function printSfixed32(wire: WireCursor, out: JsonBuffer): boolean {
  writeInt32(out, wire.fixed32())
  return true
}

function printFloat(wire: WireCursor, out: JsonBuffer): boolean {
  writeFloat(out, floatOf(wire.fixed32()))
  return true
}

function printDouble(wire: WireCursor, out: JsonBuffer): boolean {
  wire.fixed64()
  writeDouble(out, doubleOf(wire.low, wire.high))
  return true
}

function stringPrinter(utf8Validation: boolean): PrintValue {
  return (wire, out) => {
    const length = wire.length()
    const from = wire.pos
    wire.pos += length
    writeString(out, wire.bytes, from, wire.pos, utf8Validation)
    return true
  }
}

function printBytes(wire: WireCursor, out: JsonBuffer): boolean {
  const length = wire.length()
  const from = wire.pos
  wire.pos += length
  writeBase64(out, wire.bytes, from, wire.pos)
  return true
}
