import { gather } from './gather.ts'
import type { JsonBuffer } from './json-buffer.ts'
import { type Member, MemberTable, type Spans } from './member.ts'
import { DISORDER, type MessagePrinter, type Scope } from './message-printer.ts'
import type { WireCursor } from './wire-cursor.ts'

/** How the only field of a message that is of interest is printed. */
export interface Unwrapping {
  /** The fields that are printed, of which one is set at most. */
  shown: readonly Member[]
  /** Other fields that the decision needs: of the same oneof as a shown one. */
  hidden?: readonly Member[]
  /** Prints what stands for the message when no shown field is set. */
  printAbsent: (wire: WireCursor, out: JsonBuffer) => void
}

/** Prints a message as the value of its only field. */
export class UnwrappedPrinter implements MessagePrinter {
  readonly #compile: (scope: Scope) => Unwrapping
  #shown: ReadonlySet<Member> = new Set()
  #table = new MemberTable([])
  #printAbsent: Unwrapping['printAbsent'] = () => {}

  /** @param compile compiles the fields. */
  constructor(compile: (scope: Scope) => Unwrapping) {
    this.#compile = compile
  }

  link(scope: Scope): void {
    const { shown, hidden = [], printAbsent } = this.#compile(scope)
    this.#shown = new Set(shown)
    this.#table = new MemberTable([...shown, ...hidden])
    this.#printAbsent = printAbsent
  }

  print(wire: WireCursor, out: JsonBuffer): void {
    if (wire.ordered) {
      this.#printOrdered(wire, out)
    } else {
      const { pos, limit } = wire
      this.printMerged(wire, out, [pos, limit])
      wire.pos = limit
      wire.limit = limit
    }
  }

  printMerged(wire: WireCursor, out: JsonBuffer, payloads: Spans): void {
    const start = out.pos
    for (const [member, spans] of gather(this.#table, wire, payloads)) {
      if (this.#shown.has(member) && member.printGathered(wire, out, spans)) return
      out.pos = start
    }
    this.#printAbsent(wire, out)
  }

  #printOrdered(wire: WireCursor, out: JsonBuffer): void {
    const start = out.pos
    let isPrinted = false
    while (wire.pos < wire.limit) {
      const tag = wire.tag()
      const member = this.#table.find(tag)
      if (member !== undefined && isPrinted) throw DISORDER
      if (member === undefined || !this.#shown.has(member)) {
        wire.skip(tag)
      } else {
        isPrinted = member.print(wire, out, tag)
        if (!isPrinted) out.pos = start
      }
    }
    if (!isPrinted) this.#printAbsent(wire, out)
  }
}
