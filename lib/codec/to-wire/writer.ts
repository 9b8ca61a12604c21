/** Up to this size the buffer is kept for the next message. */
const KEPT_SIZE = 256 * 1024

/** What `reserve` keeps free at least: more than any tag (5 bytes), length (5) and number (10) together. */
const SLACK = 32

/** Writes the wire format of protobuf (https://protobuf.dev/programming-guides/encoding/) to a buffer that grows. */
export class Writer {
  bytes: Buffer = Buffer.allocUnsafeSlow(KEPT_SIZE)
  /** How much is written. Setting it back takes back what was written since. */
  position = 0
  #view = viewOf(this.bytes)

  start(): void {
    this.position = 0
  }

  /** A copy of what is written. */
  finish(): Uint8Array {
    const wire = Buffer.allocUnsafe(this.position)
    this.bytes.copy(wire, 0, 0, this.position)
    return wire
  }

  /** Lets go of what a large message needed. */
  release(): void {
    if (this.bytes.length > KEPT_SIZE) this.#use(Buffer.allocUnsafeSlow(KEPT_SIZE))
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

  /** Begins a part that has its length in front. What is returned is for `end`. */
  begin(): number {
    return this.position++
  }

  /** Writes the length of the part in front of it. One byte was left for it; a longer part moves to make room. */
  end(start: number): void {
    const length = this.position - start - 1
    if (length < 0x80) this.bytes[start] = length
    else this.#endLong(start, length)
  }

  #endLong(start: number, length: number): void {
    const widening = length < 0x4000 ? 1 : length < 0x200000 ? 2 : length < 0x10000000 ? 3 : 4
    this.reserve(widening)
    this.bytes.copyWithin(start + 1 + widening, start + 1, this.position)
    const end = this.position + widening
    this.position = start
    this.varint32(length)
    this.position = end
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
