import type { WireType } from '@bufbuild/protobuf/wire'
import type { JsonBuffer } from './json-buffer.ts'
import type { WireCursor } from './wire-cursor.ts'

/**
 * Prints what the cursor is at, and goes behind it: the value of a field, an element of a list, a value of a map.
 *
 * @returns false when it counts for nothing; what was written for it is then taken back by the caller.
 */
export type PrintValue = (wire: WireCursor, out: JsonBuffer) => boolean

/** How values of a type are read and printed. */
export interface ValueCodec {
  /** The wire type of one value, even where a list has its elements packed. */
  wireType: WireType
  print: PrintValue
  /** What is printed for a field without presence that is not on the wire. */
  zero: Uint8Array
}
