/** What `reserve` keeps free at least: more than any two tags (5 bytes), lengths (5) and numbers (10) together. */
const SLACK = 64

/**
 * How deep messages may nest in one another, the outermost included, as in the readers of all languages. Map entries are not
 * counted, and free JSON takes two messages for each object or array.
 */
export const MAX_MESSAGES = 100

/** More parts with a length than can be in one another: at each level of a text, an entry, an Any and a message at most. */
const MAX_PARTS = 512

/** Writes the wire format of protobuf (https://protobuf.dev/programming-guides/encoding/) to a buffer that grows. */
export class Writer {
  bytes: Buffer
  /** How much is written. Setting it back takes back what was written since. */
  position = 0
  readonly #keptBytes: Buffer
  #view: DataView
  #messages = 1
  #depth = 0
  /** How many bytes the length of the last message took, by depth. */
  readonly #widths = new Uint8Array(MAX_PARTS).fill(1)

  /** @param keptSize in bytes: up to this size the buffer is kept for the next message. */
  constructor(keptSize: number) {
    this.#keptBytes = Buffer.allocUnsafeSlow(keptSize)
    this.bytes = this.#keptBytes
    this.#view = viewOf(this.bytes)
  }

  start(): void {
    this.position = 0
    this.#messages = 1
    this.#depth = 0
  }

  /** What is written. `release` must follow. */
  finish(): Uint8Array {
    // Nothing is written to these bytes again.
    if (this.bytes !== this.#keptBytes) return this.bytes.subarray(0, this.position)
    const wire = Buffer.allocUnsafe(this.position)
    this.bytes.copy(wire, 0, 0, this.position)
    return wire
  }

  /** Lets go of what a large message needed. */
  release(): void {
    if (this.bytes !== this.#keptBytes) this.#use(this.#keptBytes)
  }

  /** Makes room for that many bytes, and a tag, a length and a number on top. The other methods count on it. */
  reserve(size: number): void {
    if (this.position + size + SLACK > this.bytes.length) this.#grow(size)
  }

  #grow(size: number): void {
    const { bytes } = this
    this.#use(Buffer.allocUnsafeSlow(Math.max(bytes.length * 2, this.position + size + SLACK)))
    bytes.copy(this.bytes, 0, 0, this.position)
  }

  #use(bytes: Buffer): void {
    this.bytes = bytes
    this.#view = viewOf(bytes)
  }

  byte(value: number): void {
    this.bytes[this.position++] = value
  }

  /** A varint of 32 bits, unsigned. Tags are such numbers too. */
  varint32(value: number): void {
    const { bytes } = this
    let { position } = this
    let rest = value >>> 0
    while (rest > 0x7f) {
      bytes[position++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    bytes[position++] = rest
    this.position = position
  }

  /** A varint of 64 bits. */
  varint64(low: number, high: number): void {
    const { bytes } = this
    let { position } = this
    let lower = low >>> 0
    let upper = high >>> 0
    while (upper > 0 || lower > 0x7f) {
      bytes[position++] = (lower & 0x7f) | 0x80
      lower = ((lower >>> 7) | (upper << 25)) >>> 0
      upper >>>= 7
    }
    bytes[position++] = lower
    this.position = position
  }

  fixed32(value: number): void {
    this.#view.setInt32(this.position, value, true)
    this.position += 4
  }

  fixed64(low: number, high: number): void {
    this.#view.setInt32(this.position, low, true)
    this.#view.setInt32(this.position + 4, high, true)
    this.position += 8
  }

  float(value: number): void {
    this.#view.setFloat32(this.position, value, true)
    this.position += 4
  }

  double(value: number): void {
    this.#view.setFloat64(this.position, value, true)
    this.position += 8
  }

  /** Begins a text, which has its length in front. What is returned is for `endText`. */
  beginText(): number {
    return this.position++
  }

  /** Writes the length of a text in front of it. One byte was left for it: a longer text moves to make room. */
  endText(start: number): void {
    const length = this.position - start - 1
    if (length < 0x80) this.bytes[start] = length
    else this.#writeLength(start, 1, length)
  }

  /** Goes into a message of the current one. False when that is too deep for whoever reads it; otherwise `leave` must follow. */
  enter(): boolean {
    if (this.#messages === MAX_MESSAGES) return false
    this.#messages++
    return true
  }

  leave(): void {
    this.#messages--
  }

  /**
   * Begins a message, or whatever else has parts and its length in front. What is returned is for `end`, which must follow.
   * As much room is left for the length as it needed for the one before at the same depth, which will be alike.
   */
  begin(): number {
    const start = this.position
    this.position += this.#widths[this.#depth++]!
    return start
  }

  /** Writes the length of the message in front of it, and returns it. */
  end(start: number): number {
    const room = this.#widths[--this.#depth]!
    const length = this.position - start - room
    if (room === 1 && length < 0x80) this.bytes[start] = length
    else this.#widths[this.#depth] = this.#writeLength(start, room, length)
    return length
  }

  /** Writes a length where there is room for it, or moves what follows. Returns how many bytes the length takes. */
  #writeLength(start: number, room: number, length: number): number {
    const width = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x200000 ? 3 : length < 0x10000000 ? 4 : 5
    if (width !== room) {
      this.reserve(width)
      this.bytes.copyWithin(start + width, start + room, this.position)
    }
    this.position = start
    this.varint32(length)
    this.position += length
    return width
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
