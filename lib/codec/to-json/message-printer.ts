import type { DescExtension, DescField, DescMessage, Registry } from '@bufbuild/protobuf'
import type { JsonBuffer } from './json-buffer.ts'
import type { Spans } from './member.ts'
import type { WireCursor } from './wire-cursor.ts'

/** How messages are printed. */
export interface PrintStyle {
  /** The names of fields: as in the proto file (`order_id`), or in lowerCamelCase. Default: proto. */
  fieldNames: 'proto' | 'json'
  /** Whether fields without presence are printed when they are zero or empty. Default: true. */
  implicitFields: boolean
  /** Enums: `confirmed`, `ORDER_STATUS_CONFIRMED` or `4`. Default: short. */
  enums: 'short' | 'name' | 'number'
  /** 64-bit integers: always strings, or numbers when these are exact (up to 2^53 - 1). Default: string. */
  int64: 'string' | 'number'
  /** The types that a google.protobuf.Any may hold, and the extensions. Default: none, an Any cannot be printed. */
  registry: Registry | undefined
}

/** What the printers of messages share that are compiled with the same options. */
export interface Scope extends PrintStyle {
  /** Whether a field with presence is printed as null when it is not set. */
  isNullable(field: DescField): boolean
  /** The known extensions of a message. */
  extensionsOf(desc: DescMessage): readonly DescExtension[]
  /** The printer of a message, which is compiled when it is asked for first. */
  printerOf(desc: DescMessage): MessagePrinter
}

/** Prints the messages of one type. */
export interface MessagePrinter {
  /** Compiles the printers of the fields. Comes after the creation, as the fields may hold the same message. */
  link(scope: Scope): void
  /** Prints the message that goes from the position of the cursor to its limit, and goes there. */
  print(wire: WireCursor, out: JsonBuffer): void
  /** Prints the message that several payloads make; none make an empty message. Moves the limit of the cursor. */
  printMerged(wire: WireCursor, out: JsonBuffer, payloads: Spans): void
}

/**
 * Thrown when fields are not in the order of their numbers and once each, by printers that count on it (see
 * WireCursor.ordered). One and the same error, as its stack is of no interest.
 */
export const DISORDER = new Error('fields are out of order')

/**
 * The printer of a message that holds no other messages, from a function that prints what goes from the position of the
 * cursor to its limit, in whatever order the fields are.
 */
export function leafPrinter(print: (wire: WireCursor, out: JsonBuffer) => void): MessagePrinter {
  return {
    link() {},
    print,
    printMerged(wire, out, payloads) {
      const parts: Uint8Array[] = []
      for (let index = 0; index < payloads.length; index += 2) {
        parts.push(wire.bytes.subarray(payloads[index], payloads[index + 1]))
      }
      print(wire.over(Buffer.concat(parts)), out)
    }
  }
}
