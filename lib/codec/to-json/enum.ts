import type { DescEnum } from '@bufbuild/protobuf'
import { WireType } from '@bufbuild/protobuf/wire'
import { enumNames } from '../names.ts'
import { writeInt32 } from './integers.ts'
import type { JsonBuffer } from './json-buffer.ts'
import type { PrintValue, ValueCodec } from './value.ts'
import type { WireCursor } from './wire-cursor.ts'

const NULL = Buffer.from('null')

/**
 * Compiles the codec of an enum. A number without a name is printed as it is. In a closed enum it counts for nothing: it
 * is an unknown field (https://protobuf.dev/programming-guides/enum/).
 */
export function enumCodec(desc: DescEnum, style: 'short' | 'name' | 'number'): ValueCodec {
  const wireType = WireType.Varint
  if (desc.typeName === 'google.protobuf.NullValue') return { wireType, print: printNull, zero: NULL }
  const texts = new Map<number, Uint8Array>()
  for (const [number, name] of enumNames(desc, style === 'short' ? 'short' : 'name')) {
    texts.set(number, Buffer.from(style === 'number' ? String(number) : JSON.stringify(name)))
  }
  return { wireType, print: enumPrinter(texts, desc.open), zero: texts.get(desc.values[0]!.number)! }
}

/** Compiles a test whether the cursor is at a number that counts for nothing. Undefined when every number counts. */
export function unknownNumberTest(desc: DescEnum): ((wire: WireCursor) => boolean) | undefined {
  if (desc.open) return undefined
  const numbers = new Set(desc.values.map(value => value.number))
  return wire => !numbers.has(wire.int32())
}

function enumPrinter(texts: ReadonlyMap<number, Uint8Array>, open: boolean): PrintValue {
  return (wire, out) => {
    const number = wire.int32()
    const text = texts.get(number)
    if (text !== undefined) out.raw(text)
    else if (open) writeInt32(out, number)
    else return false
    return true
  }
}

function printNull(wire: WireCursor, out: JsonBuffer): boolean {
  wire.int32()
  out.raw(NULL)
  return true
}
