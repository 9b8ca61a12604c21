import type { JsonBuffer } from './json-buffer.ts'
import type { PrintValue } from './value.ts'
import type { WireCursor } from './wire-cursor.ts'

/** Parts of the bytes: where each begins and ends, one after the other. */
export type Spans = number[]

/** What is gathered of a field: where its last value is, all payloads of its messages, or all records with their tags. */
export type Gathers = 'last value' | 'payloads' | 'records'

/** How the value of a field is printed. */
export interface Printing {
  /** The tags that its records have. A record with its number and another wire type is an unknown field. */
  readonly tags: readonly number[]
  /**
   * Prints the value from the record whose tag was just read, and from all that directly follow if it is repeated.
   *
   * @returns false when there is nothing to print: what was written is then to be taken back.
   */
  readonly print: (wire: WireCursor, out: JsonBuffer, tag: number) => boolean
  readonly gathers: Gathers
  /** Prints the value from what was gathered. Moves the limit of the cursor. Returns what `print` does. */
  readonly printGathered: (wire: WireCursor, out: JsonBuffer, spans: Spans) => boolean
}

/** How the value of a field that is not repeated is printed. */
export interface SingularPrinting extends Printing {
  readonly print: PrintValue
  /** Tells whether the value that the cursor is at counts for nothing. Goes behind it. Undefined: never. */
  readonly ignores: ((wire: WireCursor) => boolean) | undefined
  /** Prints the value that a field without presence has when it is not on the wire. */
  readonly printAbsent: (wire: WireCursor, out: JsonBuffer) => void
}

/** A field of a message, compiled. */
export interface Member extends Printing {
  /** Its place in its message when the fields are in the order of their numbers. */
  readonly index: number
  /** What is printed in front of its value: `"name":`. */
  readonly name: Uint8Array
  /** What is printed when it is not set, with name and comma; empty for nothing. */
  readonly absent: Uint8Array
  /** Which oneof of the message it is of, from 0; -1 for none. */
  readonly oneof: number
  readonly ignores: SingularPrinting['ignores']
}

/** Tags below this are looked up in an array: those of the fields up to number 255. */
const DENSE_TAGS = 256 << 3

/** Finds members by the tags of their records. */
export class MemberTable {
  readonly #dense: (Member | undefined)[] = []
  readonly #sparse = new Map<number, Member>()

  constructor(members: readonly Member[]) {
    const largest = Math.max(-1, ...members.flatMap(member => member.tags).filter(tag => tag < DENSE_TAGS))
    for (let tag = 0; tag <= largest; tag++) this.#dense.push(undefined)
    for (const member of members) {
      for (const tag of member.tags) {
        if (tag < DENSE_TAGS) this.#dense[tag] = member
        else this.#sparse.set(tag, member)
      }
    }
  }

  find(tag: number): Member | undefined {
    return tag < DENSE_TAGS ? this.#dense[tag] : this.#sparse.get(tag)
  }
}
