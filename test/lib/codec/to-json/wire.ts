import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** Parts of the wire format, written by hand. */

export function varint(number: number, value: number | bigint): Uint8Array {
  return new BinaryWriter().tag(number, WireType.Varint).uint64(value).finish()
}

export function text(number: number, value: string): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).string(value).finish()
}

/** A message, or whatever else has its length in front. */
export function message(number: number, ...records: Uint8Array[]): Uint8Array {
  return new BinaryWriter().tag(number, WireType.LengthDelimited).bytes(Buffer.concat(records)).finish()
}

export function group(number: number, ...records: Uint8Array[]): Uint8Array {
  const writer = new BinaryWriter().tag(number, WireType.StartGroup).raw(Buffer.concat(records))
  return writer.tag(number, WireType.EndGroup).finish()
}

export function bytes(hex: string): Uint8Array {
  return Buffer.from(hex.replaceAll(' ', ''), 'hex')
}
