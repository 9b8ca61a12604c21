import type { DescMessage } from '@bufbuild/protobuf'
import { memberOf } from './compile-member.ts'
import { gather } from './gather.ts'
import type { JsonBuffer } from './json-buffer.ts'
import { type Member, MemberTable, type Spans } from './member.ts'
import { DISORDER, type MessagePrinter, type Scope } from './message-printer.ts'
import type { WireCursor } from './wire-cursor.ts'

const OPEN = 0x7b
const CLOSE = 0x7d

/** How many oneofs the bits of a number tell apart. */
const ONEOF_BITS = 31

/** Prints a message as a JSON object of its fields, in the order of their numbers. */
export class ObjectPrinter implements MessagePrinter {
  readonly #desc: DescMessage
  #members: readonly Member[] = []
  #table = new MemberTable([])
  /** What is printed for members that are not set, one after the other. */
  #absent: Uint8Array = Buffer.alloc(0)
  /** Where in it the part of each member begins, and where the last ends. */
  #absentAt: readonly number[] = [0]

  constructor(desc: DescMessage) {
    this.#desc = desc
  }

  link(scope: Scope): void {
    const fields = [...this.#desc.fields, ...scope.extensionsOf(this.#desc)].sort((a, b) => a.number - b.number)
    this.#members = fields.map((field, index) => memberOf(field, index, scope))
    this.#table = new MemberTable(this.#members)
    this.#absent = Buffer.concat(this.#members.map(member => member.absent))
    const absentAt = [0]
    for (const { absent } of this.#members) absentAt.push(absentAt.at(-1)! + absent.length)
    this.#absentAt = absentAt
  }

  print(wire: WireCursor, out: JsonBuffer): void {
    out.byte(OPEN)
    this.printFields(wire, out)
    out.close(CLOSE)
  }

  printMerged(wire: WireCursor, out: JsonBuffer, payloads: Spans): void {
    out.byte(OPEN)
    this.#printGathered(wire, out, payloads)
    out.close(CLOSE)
  }

  /** Prints the message without its braces, each member with a comma behind. */
  printFields(wire: WireCursor, out: JsonBuffer): void {
    if (wire.ordered) {
      this.#printOrdered(wire, out)
    } else {
      const { pos, limit } = wire
      this.#printGathered(wire, out, [pos, limit])
      wire.pos = limit
      wire.limit = limit
    }
  }

  /** The fast way: each member is printed when it comes, and what was left out since the last one before it. */
  #printOrdered(wire: WireCursor, out: JsonBuffer): void {
    let next = 0
    let oneofs = 0
    while (wire.pos < wire.limit) {
      const tag = wire.tag()
      const member = this.#table.find(tag)
      if (member === undefined) {
        wire.skip(tag)
        continue
      }
      const { index } = member
      if (index < next) throw DISORDER
      this.#printAbsent(out, next, index)
      const start = out.pos
      out.raw(member.name)
      if (!member.print(wire, out, tag)) {
        out.pos = start
        next = index
        continue
      }
      out.comma()
      next = index + 1
      if (member.oneof >= 0) {
        // Should two oneofs share a bit, a message is printed the slow way that need not be.
        const bit = 1 << (member.oneof % ONEOF_BITS)
        if ((oneofs & bit) !== 0) throw DISORDER
        oneofs |= bit
      }
    }
    this.#printAbsent(out, next, this.#members.length)
  }

  #printGathered(wire: WireCursor, out: JsonBuffer, payloads: Spans): void {
    let next = 0
    for (const [member, spans] of gather(this.#table, wire, payloads)) {
      this.#printAbsent(out, next, member.index)
      const start = out.pos
      out.raw(member.name)
      if (member.printGathered(wire, out, spans)) {
        out.comma()
        next = member.index + 1
      } else {
        out.pos = start
        next = member.index
      }
    }
    this.#printAbsent(out, next, this.#members.length)
  }

  /** Prints what there is to print for the members from one on, up to another. */
  #printAbsent(out: JsonBuffer, from: number, to: number): void {
    if (from < to) out.rawSlice(this.#absent, this.#absentAt[from]!, this.#absentAt[to]!)
  }
}
