import { gunzip } from 'node:zlib'
import { Code, ConnectError } from '@connectrpc/connect'
import { RequestError } from '../../errors.ts'

/** The bytes before each message: a flag that says whether it is compressed, and its length. */
const prefixBytes = 5

/** One message as it came. */
export interface Frame {
  compressed: boolean
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
export function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(prefixBytes + message.length)
  frame[0] = 0
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, prefixBytes)
  return frame
}

/** @throws {ConnectError} RESOURCE_EXHAUSTED; that the client sent too much is told as its cause. */
export function checkSize(message: Uint8Array, maxBytes: number): void {
  if (message.length <= maxBytes) return
  const cause = new RequestError('SLUICE_ERR_BODY_TOO_LARGE')
  throw tooLarge(`a message of ${message.length} bytes`, maxBytes, cause)
}

/**
 * Cuts a body into messages. What came of an unfinished message is kept in one buffer of its length, however small the
 * pieces are that it comes in; the memory is bounded by `maxBytes`.
 */
export class FrameReader {
  readonly #maxBytes: number
  readonly #prefix = Buffer.allocUnsafe(prefixBytes)
  #prefixFilled = 0
  /** The message that has begun and is not complete, once its length is known. */
  #message: Buffer | null = null
  #messageFilled = 0
  #chunk: Uint8Array = this.#prefix
  #offset = prefixBytes

  /** @param maxBytes the most that one message may hold. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Takes the next piece of the body, when `next` has answered null. */
  push(chunk: Uint8Array): void {
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
    if (this.#prefixFilled < prefixBytes && !this.#fillPrefix()) return null
    const data = this.#takeMessage()
    if (data === null) return null
    this.#prefixFilled = 0
    return { compressed: this.#prefix[0] === 1, data }
  }

  #fillPrefix(): boolean {
    const taken = this.#chunk.subarray(this.#offset, this.#offset + prefixBytes - this.#prefixFilled)
    this.#prefix.set(taken, this.#prefixFilled)
    this.#prefixFilled += taken.length
    this.#offset += taken.length
    if (this.#prefixFilled < prefixBytes) return false
    if (this.#prefix[0]! > 1) throw new ConnectError('protocol error: unknown flag of a message', Code.Internal)
    const length = this.#prefix.readUInt32BE(1)
    if (length > this.#maxBytes) throw tooLarge(`a message of ${length} bytes`, this.#maxBytes)
    return true
  }

  #takeMessage(): Uint8Array | null {
    const length = this.#prefix.readUInt32BE(1)
    const available = this.#chunk.length - this.#offset
    if (this.#message === null && available >= length) return this.#take(length)
    // Not pooled, and not touched before it is needed: a length that is only claimed costs nothing.
    this.#message ??= Buffer.allocUnsafeSlow(length)
    const taken = this.#take(Math.min(available, length - this.#messageFilled))
    this.#message.set(taken, this.#messageFilled)
    this.#messageFilled += taken.length
    if (this.#messageFilled < length) return null
    const message = this.#message
    this.#message = null
    this.#messageFilled = 0
    return message
  }

  #take(length: number): Uint8Array {
    const taken = this.#chunk.subarray(this.#offset, this.#offset + length)
    this.#offset += length
    return taken
  }
}

/**
 * The message of a compressed frame.
 *
 * @param encoding the `grpc-encoding` of the answer; empty: it has none.
 * @throws {ConnectError} INTERNAL for an encoding that was not offered and for bytes that are not in it (compression.md of
 * gRPC); RESOURCE_EXHAUSTED for a message above `maxBytes`, of which no more is unpacked.
 */
export async function decompress(data: Uint8Array, encoding: string, maxBytes: number): Promise<Uint8Array> {
  if (encoding.toLowerCase() !== 'gzip') {
    throw new ConnectError(`a message is compressed with "${encoding}"`, Code.Internal)
  }
  return new Promise((resolve, reject) => {
    gunzip(data, { maxOutputLength: maxBytes }, (error, message) => {
      if (error === null) resolve(message)
      else if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') reject(tooLarge('a message', maxBytes))
      else reject(new ConnectError('a message is no gzip', Code.Internal, undefined, undefined, error))
    })
  })
}

function tooLarge(what: string, maxBytes: number, cause?: RequestError): ConnectError {
  const text = `${what} is larger than ${maxBytes} bytes`
  return new ConnectError(text, Code.ResourceExhausted, undefined, undefined, cause)
}
