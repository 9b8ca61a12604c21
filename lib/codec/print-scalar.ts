import { type DescEnum, ScalarType } from '@bufbuild/protobuf'
import { enumNames } from './names.ts'

/** Makes a JSON value of what protobuf-es keeps in a message. */
// biome-ignore lint/suspicious/noExplicitAny: each printer knows the type of its field from the descriptor.
export type PrintValue = (value: any) => unknown

/** Compiles a printer of a scalar. `int64`: as strings, or as numbers where a number is exact. */
export function scalarPrinter(type: ScalarType, int64: 'string' | 'number'): PrintValue {
  switch (type) {
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return int64 === 'string' ? String : printSafeInteger
    case ScalarType.FLOAT:
    case ScalarType.DOUBLE:
      return printNumber
    case ScalarType.BYTES:
      return printBytes
    default:
      return printAsIs
  }
}

/** Compiles a printer of an enum. A number without a name is printed as it is. */
export function enumPrinter(desc: DescEnum, style: 'short' | 'name' | 'number'): PrintValue {
  if (desc.typeName === 'google.protobuf.NullValue') return () => null
  if (style === 'number') return printAsIs
  const names = enumNames(desc, style)
  return (value: number) => names.get(value) ?? value
}

function printAsIs(value: unknown): unknown {
  return value
}

function printSafeInteger(value: bigint | string): unknown {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

/** JSON has no numbers for these: "NaN", "Infinity" and "-Infinity". */
function printNumber(value: number): unknown {
  return Number.isFinite(value) ? value : String(value)
}

function printBytes(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
}
