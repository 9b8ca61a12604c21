import { WireType } from '@bufbuild/protobuf/wire'
import type { JsonBuffer } from './json-buffer.ts'
import type { Printing } from './member.ts'
import type { PrintValue } from './value.ts'
import type { WireCursor } from './wire-cursor.ts'

const OPEN = 0x5b
const CLOSE = 0x5d

/**
 * Compiles the printing of a repeated field. Elements that can be packed are read packed or not, whichever the field says,
 * and both in the same message.
 *
 * @param tag of an element that is not packed.
 * @param printEmpty whether a list without elements is printed.
 */
export function listPrinting(tag: number, printElement: PrintValue, printEmpty: boolean): Printing {
  const isPackable = isPackableType(tag & 7)
  const packedTag = (tag & ~7) | WireType.LengthDelimited

  function printPacked(wire: WireCursor, out: JsonBuffer): void {
    const outer = wire.enter()
    while (wire.pos < wire.limit) printOne(wire, out)
    wire.leave(outer)
  }

  function printOne(wire: WireCursor, out: JsonBuffer): void {
    const start = out.pos
    if (printElement(wire, out)) out.comma()
    else out.pos = start
  }

  /** Prints the record whose tag was just read, and those that follow it in the same form. */
  function printRecords(wire: WireCursor, out: JsonBuffer, first: number): void {
    const isPacked = isPackable && first >>> 0 === packedTag >>> 0
    do {
      if (isPacked) printPacked(wire, out)
      else printOne(wire, out)
    } while (wire.nextIs(first))
  }

  function close(out: JsonBuffer, start: number): boolean {
    out.close(CLOSE)
    return printEmpty || out.pos > start + 2
  }

  return {
    tags: isPackable ? [tag, packedTag >>> 0] : [tag],
    gathers: 'records',
    print(wire, out, first) {
      const start = out.pos
      out.byte(OPEN)
      printRecords(wire, out, first)
      return close(out, start)
    },
    printGathered(wire, out, spans) {
      const start = out.pos
      out.byte(OPEN)
      for (let index = 0; index < spans.length; index += 2) {
        wire.pos = spans[index]!
        wire.limit = spans[index + 1]!
        while (wire.pos < wire.limit) printRecords(wire, out, wire.tag())
      }
      return close(out, start)
    }
  }
}

function isPackableType(wireType: number): boolean {
  return wireType === WireType.Varint || wireType === WireType.Bit32 || wireType === WireType.Bit64
}
