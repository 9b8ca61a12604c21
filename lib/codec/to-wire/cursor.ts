import { isUtf8 } from 'node:buffer'
import { wordsOf } from '../plain-text.ts'
import { Violations } from '../violations.ts'
import {
  CARRIAGE_RETURN,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  LINE_FEED,
  OPEN_BRACE,
  SPACE,
  TAB
} from './characters.ts'
import { Keys } from './keys.ts'
import { Marks } from './marks.ts'
import { invalidJson } from './refusals.ts'
import { Writer } from './writer.ts'

/** How deep arrays and objects may nest in one another. */
const MAX_DEPTH = 100

/** In bytes: up to these sizes buffers for texts, and for what escapes in one string mean, are kept for the next ones. */
const KEPT_SIZE = 256 * 1024
const KEPT_TEXT_SIZE = 4096

/** A part of a buffer: what a JSON string means, in UTF-8. */
export interface Text {
  bytes: Buffer
  start: number
  end: number
}

/**
 * The place in a JSON text (RFC 8259) that has been read up to, and what is remembered on the way. There is one for all
 * texts: reading one is synchronous.
 *
 * Whoever reads a value finds `position` at its first byte, and leaves it behind its last.
 */
export class Cursor {
  /** The text, with a NUL behind it: no token goes on at one, so that no reader has to ask where the text ends. */
  bytes: Buffer
  /** The same, four bytes at a time. */
  words: Int32Array
  position = 0
  length = 0
  errors: Violations = new Violations()
  /** The fields that the objects around the position have had so far, and their other keys. */
  readonly marks: Marks = new Marks()
  readonly keys: Keys = new Keys()
  /** Where `readText` leaves what it read, and where it unescapes it to. */
  readonly text: Text
  readonly unescaped: Writer = new Writer(KEPT_TEXT_SIZE)
  /** Where the object of the google.protobuf.Any begins whose message is being read: its `@type` is no field. */
  anyStart = -1
  /** Where the `@type` is of each object that has one in what a search for it went over, by where the object begins. */
  readonly types: Map<number, number> = new Map()
  /** The end of what such a search went over, and whether one is going on. */
  typesEnd = 0
  isSearching = false
  #depth = 0
  readonly #keptBytes: Buffer = Buffer.allocUnsafeSlow(KEPT_SIZE)
  readonly #keptWords: Int32Array = wordsOf(this.#keptBytes)

  constructor() {
    this.bytes = this.#keptBytes
    this.words = this.#keptWords
    this.text = { bytes: this.#keptBytes, start: 0, end: 0 }
  }

  /**
   * Takes a text, and goes to its first value.
   *
   * @throws BindError INVALID_JSON when it is not UTF-8, or begins with a byte order mark.
   */
  start(json: Uint8Array, errors: Violations): void {
    if (!isUtf8(json)) throw invalidJson('the JSON text is not valid UTF-8')
    if (json[0] === 0xef && json[1] === 0xbb && json[2] === 0xbf) {
      throw invalidJson('the JSON text must not begin with a byte order mark')
    }
    if (json.length >= KEPT_SIZE) {
      this.bytes = Buffer.allocUnsafeSlow(json.length + 1)
      this.words = wordsOf(this.bytes)
    }
    this.bytes.set(json)
    this.bytes[json.length] = 0
    this.length = json.length
    this.errors = errors
    this.position = 0
    this.anyStart = -1
    this.typesEnd = 0
    this.isSearching = false
    this.#depth = 0
    this.marks.clear()
    this.skipSpace()
  }

  /** Asks that nothing but space is left. */
  finish(): void {
    this.skipSpace()
    if (this.position !== this.length) this.fail(this.position)
  }

  /** Lets go of what a large text needed. */
  release(): void {
    this.bytes = this.#keptBytes
    this.words = this.#keptWords
    this.text.bytes = this.#keptBytes
    this.unescaped.release()
    this.keys.release()
    this.types.clear()
  }

  /** The byte at the position. */
  get byte(): number {
    return this.bytes[this.position]!
  }

  /** Goes to the next byte that is no space, and returns it. */
  skipSpace(): number {
    const byte = this.bytes[this.position]!
    // Mostly there is none.
    return byte > SPACE ? byte : this.#passSpace()
  }

  #passSpace(): number {
    const { bytes } = this
    let { position } = this
    let byte = bytes[position]!
    while (byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB) byte = bytes[++position]!
    this.position = position
    return byte
  }

  /** Enters the object or array at the position. False when it is empty, and left again. */
  enter(): boolean {
    const close = this.byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET
    if (++this.#depth > MAX_DEPTH) throw invalidJson(`the JSON text must not nest deeper than ${MAX_DEPTH} levels`)
    this.position++
    if (this.skipSpace() !== close) return true
    this.position++
    this.#depth--
    return false
  }

  /** Goes to the next element of the array around the position. False when there is none, and the array is left. */
  nextElement(): boolean {
    return this.#next(CLOSE_BRACKET)
  }

  /** Goes to the next key of the object around the position. False when there is none, and the object is left. */
  nextMember(): boolean {
    return this.#next(CLOSE_BRACE)
  }

  #next(close: number): boolean {
    const byte = this.skipSpace()
    if (byte === COMMA) {
      this.position++
      this.skipSpace()
      return true
    }
    if (byte !== close) this.fail(this.position)
    this.position++
    this.#depth--
    return false
  }

  /** Goes from behind a key to its value. */
  colon(): void {
    if (this.skipSpace() !== COLON) this.fail(this.position)
    this.position++
    this.skipSpace()
  }

  /** Goes behind a spelling that may be at the position, which for a name includes its quotes. False when it is not. */
  takes(spelling: Uint8Array): boolean {
    const found = this.isAt(this.position, spelling)
    if (found) this.position += spelling.length
    return found
  }

  /** Whether a spelling is at a place. */
  isAt(place: number, spelling: Uint8Array): boolean {
    const { bytes } = this
    const { length } = spelling
    for (let index = 0; index < length; index++) {
      if (bytes[place + index] !== spelling[index]) return false
    }
    return true
  }

  /** @throws BindError INVALID_JSON: what is at this byte is no JSON. */
  fail(position: number): never {
    // In the units that JSON.parse counts. Nothing is quoted from the text: it may hold a password.
    const place = this.bytes.toString('utf8', 0, position).length
    throw invalidJson(`the body is not valid JSON at position ${place}`)
  }
}

/** How a name usually stands in a JSON text: in quotes. */
export function spellingOf(name: string): Uint8Array {
  return Buffer.from(JSON.stringify(name))
}
