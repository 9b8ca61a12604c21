import { isUtf8 } from 'node:buffer'
import { BindError } from '../../transcode/errors.ts'
import { quoteName } from '../nearest.ts'
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
import { Marks } from './marks.ts'

/** How deep arrays and objects may nest in one another. */
const MAX_DEPTH = 100

/** Up to this size the copy of a text is kept for the next one. */
const KEPT_SIZE = 256 * 1024

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
  bytes: Buffer = Buffer.alloc(0)
  position = 0
  length = 0
  errors: Violations = new Violations()
  /** The members that the objects around the position have had so far. */
  readonly marks: Marks = new Marks()
  /** Where `readText` leaves what it read. */
  readonly text: Text = { bytes: this.bytes, start: 0, end: 0 }
  /** Where the object of the google.protobuf.Any begins whose message is being read: its `@type` is no field. */
  anyStart = -1
  /** Where the `@type` is of each object that has one in what a search for it went over, by where the object begins. */
  readonly types: Map<number, number> = new Map()
  /** The end of what such a search went over. */
  typesEnd = 0
  #depth = 0
  #buffer: Buffer = Buffer.allocUnsafeSlow(KEPT_SIZE)

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
    this.bytes = json.length < KEPT_SIZE ? this.#buffer : Buffer.allocUnsafeSlow(json.length + 1)
    this.bytes.set(json)
    this.bytes[json.length] = 0
    this.length = json.length
    this.errors = errors
    this.position = 0
    this.anyStart = -1
    this.typesEnd = 0
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
    this.bytes = this.#buffer
    this.text.bytes = this.#buffer
    this.types.clear()
  }

  /** The byte at the position. */
  get byte(): number {
    return this.bytes[this.position]!
  }

  skipSpace(): void {
    const { bytes } = this
    let { position } = this
    for (;;) {
      const byte = bytes[position]!
      if (byte > SPACE || (byte !== SPACE && byte !== LINE_FEED && byte !== CARRIAGE_RETURN && byte !== TAB)) break
      position++
    }
    this.position = position
  }

  /** Enters the object or array at the position. False when it is empty, and left again. */
  enter(): boolean {
    const close = this.byte === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET
    if (++this.#depth > MAX_DEPTH) throw invalidJson(`the JSON text must not nest deeper than ${MAX_DEPTH} levels`)
    this.position++
    this.skipSpace()
    if (this.byte !== close) return true
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
    this.skipSpace()
    const { byte } = this
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
    this.skipSpace()
    if (this.byte !== COLON) this.fail(this.position)
    this.position++
    this.skipSpace()
  }

  /** Goes behind a spelling that may be at the position, which for a name includes its quotes. False when it is not. */
  takes(spelling: Uint8Array): boolean {
    const { bytes, position } = this
    const { length } = spelling
    for (let index = 0; index < length; index++) {
      if (bytes[position + index] !== spelling[index]) return false
    }
    this.position = position + length
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

export function duplicateKey(key: string): BindError {
  const description = `the key ${quoteName(key)} is twice in the same object`
  return new BindError({ reason: 'DUPLICATE_KEY', field: '', description })
}

function invalidJson(description: string): BindError {
  return new BindError({ reason: 'INVALID_JSON', field: '', description })
}
