import { WireType } from '@bufbuild/protobuf/wire'

/** How deep messages may nest in one another, as in the other implementations of protobuf. */
const MAX_DEPTH = 100

/** A varint has 7 bits in a byte, and at most 64 in all. */
const MAX_VARINT_BYTES = 10

const CUT_SHORT = 'they end in the middle of a field'

/** Bytes that break the rules of the wire format. The message completes the sentence "the bytes are malformed: ...". */
export class WireError extends Error {}

/**
 * Reads the wire format (https://protobuf.dev/programming-guides/encoding/) of a message from its first byte to its last.
 * Nothing is ever read behind `limit`.
 *
 * @throws WireError from every method, when the bytes are not what is asked for.
 */
export class WireCursor {
  readonly bytes: Uint8Array
  pos = 0
  /** Where the innermost thing that has an end ends: a message, a packed list. */
  limit: number
  /** The lower 32 bits of the 64-bit value that was read last, signed. */
  low = 0
  /** The upper 32 bits of the 64-bit value that was read last, signed. */
  high = 0
  /**
   * Whether the fields of each message are taken to be on the wire in the order of their numbers and once each, as
   * serializers write them. When they are not, a printer throws DISORDER, and everything is printed again without this.
   */
  readonly ordered: boolean
  #depth: number
  /** Where the groups inside of groups that were entered end, by where they begin: none is searched through twice. */
  readonly #groupEnds = new Map<number, number>()

  /** @param depth how many messages the bytes are in, with the one that they are themselves. */
  constructor(bytes: Uint8Array, ordered: boolean, depth = 1) {
    this.bytes = bytes
    this.limit = bytes.length
    this.ordered = ordered
    this.#depth = depth
  }

  /** A cursor over other bytes, as deep in the message as this one. */
  over(bytes: Uint8Array): WireCursor {
    return new WireCursor(bytes, this.ordered, this.#depth)
  }

  /** The tag of a record: the number of its field, shifted left by 3, and its wire type. */
  tag(): number {
    const byte = this.pos < this.limit ? this.bytes[this.pos]! : 0x80
    if (byte >= 0x80) return this.#longTag()
    this.pos++
    return byte
  }

  /** Goes past a tag if it is the next one and in its shortest form. */
  nextIs(tag: number): boolean {
    if (this.pos >= this.limit) return false
    if (tag < 0x80) {
      if (this.bytes[this.pos] !== tag) return false
      this.pos++
      return true
    }
    const start = this.pos
    if (this.#longTag() === tag) return true
    this.pos = start
    return false
  }

  #longTag(): number {
    const start = this.pos
    this.varint64()
    // A tag has 32 bits, which are at most five bytes.
    if (this.pos - start > 5 || this.high !== 0) throw new WireError('a tag is longer than 32 bits')
    return this.low >>> 0
  }

  /** The lower 32 bits of a varint, signed. */
  int32(): number {
    const byte = this.pos < this.limit ? this.bytes[this.pos]! : 0x80
    if (byte < 0x80) {
      this.pos++
      return byte
    }
    this.varint64()
    return this.low
  }

  /** Reads a varint into `low` and `high`. */
  varint64(): void {
    const { bytes, pos: start } = this
    const end = Math.min(this.limit, start + MAX_VARINT_BYTES)
    let pos = start
    let low = 0
    let high = 0
    let byte = 0x80
    for (let shift = 0; shift < 28 && byte >= 0x80 && pos < end; shift += 7) {
      byte = bytes[pos++]!
      low |= (byte & 0x7f) << shift
    }
    if (byte >= 0x80 && pos < end) {
      byte = bytes[pos++]!
      low |= (byte & 0x7f) << 28
      high = (byte & 0x7f) >> 4
    }
    for (let shift = 3; byte >= 0x80 && pos < end; shift += 7) {
      byte = bytes[pos++]!
      high |= (byte & 0x7f) << shift
    }
    if (byte >= 0x80) {
      throw new WireError(end - start === MAX_VARINT_BYTES ? 'a varint is longer than 10 bytes' : CUT_SHORT)
    }
    this.pos = pos
    this.low = low
    this.high = high
  }

  /** 4 bytes, little endian, as a signed integer. */
  fixed32(): number {
    const { bytes, pos } = this
    this.advance(4)
    return bytes[pos]! | (bytes[pos + 1]! << 8) | (bytes[pos + 2]! << 16) | (bytes[pos + 3]! << 24)
  }

  /** Reads 8 bytes, little endian, into `low` and `high`. */
  fixed64(): void {
    this.low = this.fixed32()
    this.high = this.fixed32()
  }

  /** The length in front of a string, bytes, a message or a packed list, which are all there. */
  length(): number {
    let length = this.pos < this.limit ? this.bytes[this.pos]! : 0x80
    if (length < 0x80) {
      this.pos++
    } else {
      this.varint64()
      if (this.high !== 0) throw new WireError(CUT_SHORT)
      length = this.low >>> 0
    }
    if (length > this.limit - this.pos) throw new WireError(CUT_SHORT)
    return length
  }

  advance(count: number): void {
    if (count > this.limit - this.pos) throw new WireError(CUT_SHORT)
    this.pos += count
  }

  /** Goes into what has its length in front. Returns the limit outside of it, to be given to `leave`. */
  enter(): number {
    const outer = this.limit
    const length = this.length()
    this.limit = this.pos + length
    return outer
  }

  /** Goes behind what was entered. */
  leave(outer: number): void {
    this.pos = this.limit
    this.limit = outer
  }

  /** Goes into a group, which has this tag. Returns the limit outside of it, to be given to `leaveGroup`. */
  enterGroup(startTag: number): number {
    const outer = this.limit
    const start = this.pos
    this.limit = this.#skipGroup(startTag, true)
    this.pos = start
    return outer
  }

  /** Goes behind a group that was entered. */
  leaveGroup(outer: number): void {
    this.pos = this.limit
    this.limit = outer
    this.tag()
  }

  /** Goes one level deeper. `ascend` must follow. */
  descend(): void {
    if (this.#depth >= MAX_DEPTH) throw new WireError(`messages nest deeper than ${MAX_DEPTH} levels`)
    this.#depth++
  }

  ascend(): void {
    this.#depth--
  }

  /** Goes past the value behind a tag. */
  skip(tag: number): void {
    this.#skip(tag, false)
  }

  #skip(tag: number, remembers: boolean): void {
    if (tag >>> 3 === 0) throw new WireError('a field has the number 0')
    switch (tag & 7) {
      case WireType.Varint:
        this.int32()
        return
      case WireType.Bit64:
        this.advance(8)
        return
      case WireType.LengthDelimited:
        this.advance(this.length())
        return
      case WireType.StartGroup:
        this.#skipGroup(tag, remembers)
        return
      case WireType.Bit32:
        this.advance(4)
        return
      case WireType.EndGroup:
        throw new WireError('a group ends that has not begun')
      default:
        throw new WireError('a field has an unknown wire type')
    }
  }

  /**
   * Goes behind the group whose first tag was just read.
   *
   * @param remembers whether the ends of groups in it are kept, as it is going to be read.
   * @returns where the tag is that ends it.
   */
  #skipGroup(startTag: number, remembers: boolean): number {
    const start = this.pos
    const known = this.#groupEnds.get(start)
    if (known !== undefined) {
      this.pos = known
      this.tag()
      return known
    }
    const endTag = startTag - WireType.StartGroup + WireType.EndGroup
    this.descend()
    for (;;) {
      const at = this.pos
      const tag = this.tag()
      if (tag === endTag) {
        this.ascend()
        if (remembers) this.#groupEnds.set(start, at)
        return at
      }
      this.#skip(tag, remembers)
    }
  }
}
