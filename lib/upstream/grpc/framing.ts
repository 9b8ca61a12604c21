import { Code, ConnectError } from '@connectrpc/connect'
import { tooLarge } from './message-size.ts'

/** The bytes before each message: a flag that says whether it is compressed, and its length. */
const prefixBytes = 5

/** One message as it came. */
export interface Frame {
  compressed: boolean
  /** Its own bytes, shared with no buffer of the connection. */
  data: Uint8Array
}

/**
 * A message with its prefix, in one piece.
 *
 *     Length-Prefixed-Message -> Compressed-Flag Message-Length Message
 *     Compressed-Flag         -> 0 / 1, one byte
 *     Message-Length          -> four bytes, big endian
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 */
export function frameOf(message: Uint8Array, compressed = false): Buffer {
  const frame = Buffer.allocUnsafe(prefixBytes + message.length)
  frame[0] = compressed ? 1 : 0
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, prefixBytes)
  return frame
}

/** How many bytes a message takes with its prefix. */
export function frameLength({ data }: Frame): number {
  return prefixBytes + data.length
}

/**
 * Cuts a body into messages. Each is copied once, into a buffer of its length, however small the pieces are that it comes
 * in; the memory is bounded by `maxBytes`.
 */
export class FrameReader {
  readonly #maxBytes: number
  #prefixFilled = 0
  #flag = 0
  #length = 0
  /** The message that has begun and is not complete, once its length is known. */
  #message: Buffer | null = null
  #messageFilled = 0
  #chunk: Buffer | null = null
  #offset = 0

  /** @param maxBytes the most that one message may hold. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Takes the next piece of the body, when `next` has answered null; it may be used again when `next` does so again. */
  push(chunk: Buffer): void {
    this.#chunk = chunk
    this.#offset = 0
  }

  /** Whether a message has begun and is not complete. */
  get isPartial(): boolean {
    return this.#prefixFilled > 0
  }

  /**
   * The next complete message, or null when more bytes are needed.
   *
   * @throws {ConnectError} RESOURCE_EXHAUSTED for a message above `maxBytes`, INTERNAL for a flag that is none.
   */
  next(): Frame | null {
    const chunk = this.#chunk
    if (chunk === null || !this.#readPrefix(chunk) || !this.#readMessage(chunk)) {
      this.#chunk = null
      return null
    }
    const frame = { compressed: this.#flag === 1, data: this.#message! }
    this.#prefixFilled = 0
    this.#message = null
    return frame
  }

  #readPrefix(chunk: Buffer): boolean {
    if (this.#prefixFilled === prefixBytes) return true
    while (this.#prefixFilled < prefixBytes) {
      if (this.#offset === chunk.length) return false
      const byte = chunk[this.#offset++]!
      if (this.#prefixFilled === 0) this.#flag = byte
      // Not shifted: its highest bit is no sign.
      this.#length = this.#prefixFilled === 0 ? 0 : this.#length * 256 + byte
      this.#prefixFilled += 1
    }
    if (this.#flag > 1) throw new ConnectError('protocol error: unknown flag of a message', Code.Internal)
    if (this.#length > this.#maxBytes) throw tooLarge(`a message of ${this.#length} bytes`, this.#maxBytes)
    // Not touched before it is needed: a length that is only claimed costs nothing.
    this.#message = Buffer.allocUnsafe(this.#length)
    this.#messageFilled = 0
    return true
  }

  #readMessage(chunk: Buffer): boolean {
    const end = Math.min(chunk.length, this.#offset + this.#length - this.#messageFilled)
    this.#messageFilled += chunk.copy(this.#message!, this.#messageFilled, this.#offset, end)
    this.#offset = end
    return this.#messageFilled === this.#length
  }
}
