import { PrintError } from '../../transcode/errors.ts'
import type { JsonBuffer } from './json-buffer.ts'
import type { Spans } from './member.ts'
import type { MessagePrinter, Scope } from './message-printer.ts'
import { ObjectPrinter } from './object-printer.ts'
import { writeString } from './strings.ts'
import { type WireCursor, WireError } from './wire-cursor.ts'

/** The tags of `string type_url = 1` and `bytes value = 2`. */
const TYPE_URL_TAG = 0x0a
const VALUE_TAG = 0x12

const OPEN = 0x7b
const CLOSE = 0x7d

/**
 * Prints google.protobuf.Any as what it holds, with the type beside the fields: `{"@type":"...","title":"x"}`. Messages
 * that have a JSON form of their own are put beside it: `{"@type":"...","value":"1s"}`.
 */
export class AnyPrinter implements MessagePrinter {
  #scope: Scope | undefined

  link(scope: Scope): void {
    this.#scope = scope
  }

  print(wire: WireCursor, out: JsonBuffer): void {
    const { pos, limit } = wire
    this.printMerged(wire, out, [pos, limit])
    wire.pos = limit
    wire.limit = limit
  }

  printMerged(wire: WireCursor, out: JsonBuffer, payloads: Spans): void {
    const typeUrl: Spans = []
    const value: Spans = []
    findParts(wire, payloads, typeUrl, value)
    const [from = 0, to = 0] = typeUrl
    out.byte(OPEN)
    if (to > from) {
      out.ascii('"@type":')
      writeString(out, wire.bytes, from, to, true)
      out.comma()
      const [valueStart = 0, valueEnd = 0] = value
      wire.pos = valueStart
      wire.limit = valueEnd
      this.#printValue(wire, out, Buffer.from(wire.bytes.subarray(from, to)).toString())
    }
    out.close(CLOSE)
  }

  /** Prints the members of the value, which goes from the position of the cursor to its limit. */
  #printValue(wire: WireCursor, out: JsonBuffer, typeUrl: string): void {
    const desc = this.#scope?.registry?.getMessage(typeUrl.slice(typeUrl.lastIndexOf('/') + 1))
    if (this.#scope === undefined || desc === undefined) {
      throw new PrintError(`google.protobuf.Any: the type ${typeUrl} is not known here`)
    }
    const printer = this.#scope.printerOf(desc)
    wire.descend()
    try {
      if (printer instanceof ObjectPrinter) {
        printer.printFields(wire, out)
      } else {
        out.ascii('"value":')
        printer.print(wire, out)
        out.comma()
      }
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      throw new PrintError(`google.protobuf.Any: the bytes are no ${desc.typeName}`, { cause: error })
    }
    wire.ascend()
  }
}

/** Finds the payloads of the last type and the last value. */
function findParts(wire: WireCursor, payloads: Spans, typeUrl: Spans, value: Spans): void {
  for (let index = 0; index < payloads.length; index += 2) {
    wire.pos = payloads[index]!
    wire.limit = payloads[index + 1]!
    while (wire.pos < wire.limit) {
      const tag = wire.tag()
      if (tag !== TYPE_URL_TAG && tag !== VALUE_TAG) {
        wire.skip(tag)
        continue
      }
      const spans = tag === TYPE_URL_TAG ? typeUrl : value
      const outer = wire.enter()
      spans[0] = wire.pos
      spans[1] = wire.limit
      wire.leave(outer)
    }
  }
}
