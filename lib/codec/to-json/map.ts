import { WireType } from '@bufbuild/protobuf/wire'
import { gatherRecord } from './gather.ts'
import type { JsonBuffer } from './json-buffer.ts'
import { KeySet } from './key-set.ts'
import type { Printing, SingularPrinting, Spans } from './member.ts'
import { DISORDER } from './message-printer.ts'
import { tagOf } from './singular.ts'
import type { ValueCodec } from './value.ts'
import type { WireCursor } from './wire-cursor.ts'

const OPEN = 0x7b
const CLOSE = 0x7d
const COLON = 0x3a

/** The records of an entry. */
interface Entry {
  key: Spans
  value: Spans
}

/**
 * The printing of a map. On the wire, it is a repeated field of entries, each a message with a key (1) and a value (2); the
 * last entry with a key counts (https://protobuf.dev/programming-guides/encoding/#maps).
 */
export class MapPrinting implements Printing {
  readonly tags: readonly number[]
  readonly gathers = 'records'
  readonly #tag: number
  readonly #key: ValueCodec
  readonly #keyTag: number
  readonly #value: SingularPrinting
  readonly #valueTag: number
  readonly #printEmpty: boolean

  /**
   * @param number the number of the field.
   * @param printEmpty whether a map without entries is printed.
   */
  constructor(number: number, key: ValueCodec, value: SingularPrinting, printEmpty: boolean) {
    this.#tag = tagOf(number, WireType.LengthDelimited)
    this.tags = [this.#tag]
    this.#key = key
    this.#keyTag = tagOf(1, key.wireType)
    this.#value = value
    this.#valueTag = value.tags[0]!
    this.#printEmpty = printEmpty
  }

  readonly print = (wire: WireCursor, out: JsonBuffer): boolean => {
    const start = out.pos
    const keys = new KeySet()
    out.byte(OPEN)
    do this.#printOrdered(wire, out, keys)
    while (wire.nextIs(this.#tag))
    return this.#close(out, start)
  }

  readonly printGathered = (wire: WireCursor, out: JsonBuffer, records: Spans): boolean => {
    const start = out.pos
    out.byte(OPEN)
    for (const at of this.#lastEntries(wire, out, records)) {
      wire.pos = at
      wire.limit = wire.bytes.length
      const { key, value } = this.#findParts(wire)
      this.#printKey(wire, out, key)
      out.byte(COLON)
      if (value.length === 0) this.#value.printAbsent(wire, out)
      else this.#value.printGathered(wire, out, value)
      out.comma()
    }
    return this.#close(out, start)
  }

  /** Prints an entry as serializers write it: a key and a value at most, in this order, and nothing else. */
  #printOrdered(wire: WireCursor, out: JsonBuffer, keys: KeySet): void {
    const outer = wire.enter()
    const start = out.pos
    if (wire.nextIs(this.#keyTag)) this.#key.print(wire, out)
    else out.raw(this.#key.zero)
    if (!keys.add(out, start)) throw DISORDER
    out.byte(COLON)
    if (!wire.nextIs(this.#valueTag)) this.#value.printAbsent(wire, out)
    else if (!this.#value.print(wire, out)) throw DISORDER
    if (wire.pos < wire.limit) throw DISORDER
    out.comma()
    wire.leave(outer)
  }

  /** Where the entries that count are: behind their tags. */
  #lastEntries(wire: WireCursor, out: JsonBuffer, records: Spans): Iterable<number> {
    const byKey = new Map<string, number>()
    for (let index = 0; index < records.length; index += 2) {
      const end = records[index + 1]!
      wire.pos = records[index]!
      while (wire.pos < end) {
        wire.limit = end
        wire.tag()
        const at = wire.pos
        const { key, value } = this.#findParts(wire)
        const next = wire.pos
        if (this.#counts(wire, value)) byKey.set(this.#textOfKey(wire, out, key), at)
        wire.pos = next
      }
    }
    return byKey.values()
  }

  /** Finds key and value of the entry that the cursor is at, and goes behind it. */
  #findParts(wire: WireCursor): Entry {
    const entry: Entry = { key: [], value: [] }
    const outer = wire.enter()
    while (wire.pos < wire.limit) {
      const start = wire.pos
      const tag = wire.tag()
      if (tag === this.#keyTag) gatherRecord('last value', wire, start, tag, entry.key)
      else if (tag === this.#valueTag) gatherRecord(this.#value.gathers, wire, start, tag, entry.value)
      else wire.skip(tag)
    }
    wire.leave(outer)
    return entry
  }

  #counts(wire: WireCursor, spans: Spans): boolean {
    if (this.#value.ignores === undefined || spans.length === 0) return true
    wire.pos = spans[0]!
    wire.limit = spans[1]!
    return !this.#value.ignores(wire)
  }

  #textOfKey(wire: WireCursor, out: JsonBuffer, spans: Spans): string {
    const start = out.pos
    this.#printKey(wire, out, spans)
    const text = out.textBetween(start, out.pos)
    out.pos = start
    return text
  }

  #printKey(wire: WireCursor, out: JsonBuffer, spans: Spans): void {
    if (spans.length === 0) {
      out.raw(this.#key.zero)
      return
    }
    wire.pos = spans[0]!
    wire.limit = spans[1]!
    this.#key.print(wire, out)
  }

  #close(out: JsonBuffer, start: number): boolean {
    out.close(CLOSE)
    return this.#printEmpty || out.pos > start + 2
  }
}
