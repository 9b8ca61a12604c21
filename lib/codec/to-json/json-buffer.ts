const INITIAL_BYTES = 16 * 1024

/** A buffer that has grown beyond this is handed over instead of kept. */
const MAX_KEPT_BYTES = 1024 * 1024

/**
 * The longest text that is printed. Few bytes of wire may print much, as fields that are not set are printed too: an
 * empty message in a list is two bytes.
 */
const MAX_BYTES = 128 * 1024 * 1024

/** A loop copies a text faster than Uint8Array.set when it is as short as the name of a field. */
const MAX_LOOPED_BYTES = 64

const COMMA = 0x2c

/** More text than is printed. The message completes a sentence about the answer. */
export class LengthError extends Error {}

/**
 * Where JSON text is written to, as UTF-8, and the buffer of which is used again. Whatever writes `bytes` and moves `pos`
 * has made sure with `reserve` that there is room.
 *
 * Members and elements are each written with a comma behind, the last of which becomes the closing bracket.
 */
export class JsonBuffer {
  bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  pos = 0
  readonly #maxBytes: number

  /** @param maxBytes the length from which on a LengthError is thrown instead of making room. */
  constructor(maxBytes = MAX_BYTES) {
    this.#maxBytes = maxBytes
  }

  /** Makes room for this many bytes. */
  reserve(count: number): void {
    if (this.bytes.length - this.pos < count) this.#grow(this.pos + count)
  }

  #grow(needed: number): void {
    if (needed > this.#maxBytes) throw new LengthError(`it is longer than ${this.#maxBytes} bytes as JSON`)
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#maxBytes, Math.max(needed, this.bytes.length * 2)))
    grown.set(this.bytes.subarray(0, this.pos))
    this.bytes = grown
  }

  byte(byte: number): void {
    this.reserve(1)
    this.bytes[this.pos++] = byte
  }

  /** Writes what is text in JSON already. */
  raw(text: Uint8Array): void {
    this.rawSlice(text, 0, text.length)
  }

  rawSlice(text: Uint8Array, from: number, to: number): void {
    this.reserve(to - from)
    const { bytes } = this
    let { pos } = this
    if (to - from > MAX_LOOPED_BYTES) {
      bytes.set(text.subarray(from, to), pos)
      pos += to - from
    } else {
      for (let index = from; index < to; index++) bytes[pos++] = text[index]!
    }
    this.pos = pos
  }

  /** Writes text of ASCII characters that need no escape. */
  ascii(text: string): void {
    this.reserve(text.length)
    const { bytes } = this
    let { pos } = this
    for (let index = 0; index < text.length; index++) bytes[pos++] = text.charCodeAt(index)
    this.pos = pos
  }

  comma(): void {
    this.byte(COMMA)
  }

  /** Ends an object or an array. */
  close(bracket: number): void {
    if (this.bytes[this.pos - 1] === COMMA) this.bytes[this.pos - 1] = bracket
    else this.byte(bracket)
  }

  /** A part of what was written, as a string with a character for each byte. */
  textBetween(from: number, to: number): string {
    return this.bytes.toString('latin1', from, to)
  }

  /** Hands over the text that was written, and starts anew. */
  take(): Buffer {
    const { bytes, pos } = this
    this.pos = 0
    if (bytes.length > MAX_KEPT_BYTES) {
      this.bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES)
      return bytes.subarray(0, pos)
    }
    const text = Buffer.allocUnsafe(pos)
    bytes.copy(text, 0, 0, pos)
    return text
  }

  /** Forgets what was written. */
  clear(): void {
    this.pos = 0
    if (this.bytes.length > MAX_KEPT_BYTES) this.bytes = Buffer.allocUnsafeSlow(INITIAL_BYTES)
  }
}
