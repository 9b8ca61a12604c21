const hexDigit = new Uint8Array(103)
for (let value = 0; value < 16; value++) hexDigit[value.toString(16).charCodeAt(0)] = value

const wire = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const

/** Writes protobuf into a buffer that grows: field numbers below 16, or that of the flags, whose tags are one or two bytes. */
export class ProtoWriter {
  #bytes = Buffer.allocUnsafeSlow(64 * 1024)
  #at = 0

  /** How many bytes were written. */
  get length(): number {
    return this.#at
  }

  /** Takes back what was written behind the first `length` bytes. */
  truncate(length: number): void {
    this.#at = length
  }

  /** What was written, until more is. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#at)
  }

  /** A copy of what was written, and starts anew. */
  take(): Uint8Array {
    const taken = Uint8Array.prototype.slice.call(this.#bytes, 0, this.#at)
    this.#at = 0
    return taken
  }

  varint(field: number, value: number): void {
    this.#need(12)
    this.#tag(field, wire.varint)
    this.#varint(value)
  }

  /** An `int64`, of which a negative one takes ten bytes. */
  int64(field: number, value: number): void {
    this.#need(12)
    this.#tag(field, wire.varint)
    if (value >= 0) this.#varint(value)
    else {
      let rest = BigInt.asUintN(64, BigInt(value))
      for (; rest > 0x7fn; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80
      this.#bytes[this.#at++] = Number(rest)
    }
  }

  fixed32(field: number, value: number): void {
    this.#need(6)
    this.#tag(field, wire.fixed32)
    this.#at = this.#bytes.writeUInt32LE(value, this.#at)
  }

  double(field: number, value: number): void {
    this.#need(10)
    this.#tag(field, wire.fixed64)
    this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }

  /** Milliseconds as nanoseconds in a `fixed64`: as two halves, since a double does not hold so many. */
  nanos(field: number, ms: number): void {
    this.#need(10)
    this.#tag(field, wire.fixed64)
    const whole = Math.floor(ms)
    // Counted in units of 65,536 nanoseconds and what is left of them, all products stay below 2^53.
    const upper = Math.floor(whole / 65_536) * 1e6
    const lower = (whole % 65_536) * 1e6 + Math.round((ms - whole) * 1e6) + (upper % 65_536) * 65_536
    this.#at = this.#bytes.writeUInt32LE(lower % 4_294_967_296, this.#at)
    this.#at = this.#bytes.writeUInt32LE(Math.floor(upper / 65_536) + Math.floor(lower / 4_294_967_296), this.#at)
  }

  /** Hexadecimal digits as the bytes that they are. */
  hex(field: number, digits: string): void {
    const length = digits.length >>> 1
    this.#need(length + 4)
    this.#tag(field, wire.bytes)
    this.#varint(length)
    const bytes = this.#bytes
    let to = this.#at
    for (let at = 0; at < digits.length; at += 2) {
      bytes[to++] = (hexDigit[digits.charCodeAt(at)]! << 4) | hexDigit[digits.charCodeAt(at + 1)]!
    }
    this.#at = to
  }

  string(field: number, text: string): void {
    this.#need(text.length * 3 + 8)
    this.#tag(field, wire.bytes)
    const lengthAt = this.#at
    if (text.length < 128 && this.#ascii(text)) return
    this.#at = lengthAt
    this.#varint(Buffer.byteLength(text))
    this.#at += this.#bytes.write(text, this.#at)
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.#need(bytes.length + 8)
    this.#tag(field, wire.bytes)
    this.#varint(bytes.length)
    this.#append(bytes)
  }

  /** All that another has written; it starts anew. */
  move(from: ProtoWriter): void {
    this.#need(from.#at)
    from.#bytes.copy(this.#bytes, this.#at, 0, from.#at)
    this.#at += from.#at
    from.#at = 0
  }

  /** Fields that were written before, elsewhere. */
  raw(fields: Uint8Array): void {
    this.#need(fields.length)
    this.#append(fields)
  }

  /**
   * A message, whose fields `write` writes.
   *
   * @param lengthBytes how many bytes its length takes, probably: else the message is moved
   */
  message<Value>(
    field: number,
    value: Value,
    write: (writer: ProtoWriter, value: Value) => void,
    lengthBytes: 1 | 2 | 3 = 1
  ): void {
    const start = this.begin(field, lengthBytes)
    write(this, value)
    this.end(start, lengthBytes)
  }

  /** Begins a message. What is returned is for `end`, which must follow, with the same `lengthBytes`. */
  begin(field: number, lengthBytes: 1 | 2 | 3 = 1): number {
    this.#need(8)
    this.#tag(field, wire.bytes)
    this.#at += lengthBytes
    return this.#at
  }

  /** Writes the length of a message in front of it. */
  end(start: number, lengthBytes: 1 | 2 | 3 = 1): void {
    const lengthAt = start - lengthBytes
    const length = this.#at - start
    const actualBytes = length < 1 << 7 ? 1 : length < 1 << 14 ? 2 : Math.ceil((32 - Math.clz32(length)) / 7)
    if (actualBytes !== lengthBytes) {
      this.#need(8)
      this.#bytes.copyWithin(lengthAt + actualBytes, start, this.#at)
    }
    this.#at = lengthAt
    this.#varint(length)
    this.#at += length
  }

  /** One byte for the length, then the text; false when it is not ASCII. */
  #ascii(text: string): boolean {
    const bytes = this.#bytes
    let at = this.#at
    bytes[at++] = text.length
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (code > 0x7f) return false
      bytes[at++] = code
    }
    this.#at = at
    return true
  }

  #append(bytes: Uint8Array): void {
    this.#bytes.set(bytes, this.#at)
    this.#at += bytes.length
  }

  #tag(field: number, wireType: number): void {
    this.#varint((field << 3) | wireType)
  }

  #varint(value: number): void {
    let rest = value
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#at++] = rest
  }

  #need(count: number): void {
    if (this.#at + count <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.#bytes.length, this.#at + count))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}
