import { WireType } from '@bufbuild/protobuf/wire'
import type { JsonBuffer } from './json-buffer.ts'
import type { SingularPrinting } from './member.ts'
import type { MessagePrinter } from './message-printer.ts'
import type { PrintValue, ValueCodec } from './value.ts'
import type { WireCursor } from './wire-cursor.ts'

/** Compiles the printing of a scalar or an enum. */
export function valuePrinting(
  number: number,
  codec: ValueCodec,
  ignores: SingularPrinting['ignores'] = undefined
): SingularPrinting {
  const { print, wireType, zero } = codec
  return {
    tags: [tagOf(number, wireType)],
    print,
    gathers: 'last value',
    printGathered(wire, out, spans) {
      wire.pos = spans[0]!
      wire.limit = spans[1]!
      return print(wire, out)
    },
    ignores,
    printAbsent: (_wire, out) => out.raw(zero)
  }
}

/**
 * Compiles the printing of a message.
 *
 * @param isDelimited whether it is a group: between two tags, instead of behind its length.
 */
export function messagePrinting(number: number, printer: MessagePrinter, isDelimited: boolean): SingularPrinting {
  const tag = tagOf(number, isDelimited ? WireType.StartGroup : WireType.LengthDelimited)
  return {
    tags: [tag],
    print: isDelimited ? groupPrinter(printer, tag) : lengthPrefixedPrinter(printer),
    gathers: 'payloads',
    printGathered(wire, out, spans) {
      wire.descend()
      printer.printMerged(wire, out, spans)
      wire.ascend()
      return true
    },
    ignores: undefined,
    printAbsent: (wire, out) => printer.printMerged(wire, out, [])
  }
}

/** The tag of records of a field: an unsigned integer of 32 bits. */
export function tagOf(number: number, wireType: WireType): number {
  return ((number << 3) | wireType) >>> 0
}

function lengthPrefixedPrinter(printer: MessagePrinter): PrintValue {
  return (wire, out) => {
    wire.descend()
    const outer = wire.enter()
    printer.print(wire, out)
    wire.leave(outer)
    wire.ascend()
    return true
  }
}

function groupPrinter(printer: MessagePrinter, tag: number): PrintValue {
  return (wire, out) => {
    const outer = wire.enterGroup(tag)
    wire.descend()
    printer.print(wire, out)
    wire.ascend()
    wire.leaveGroup(outer)
    return true
  }
}

/** A printer that prints nothing for what is printed as this text. */
export function omitting(text: Uint8Array, print: PrintValue): PrintValue {
  return (wire: WireCursor, out: JsonBuffer) => {
    const start = out.pos
    return (
      print(wire, out) && !(out.pos - start === text.length && text.every((byte, i) => out.bytes[start + i] === byte))
    )
  }
}
