import { ConnectionError, ErrorCode } from './errors.ts'
import { defaultMaxFrameBytes, frameHeaderBytes } from './frames.ts'

/** Takes frames, whole, one after the other. The payload is `bytes[start..end)`, valid during the call only. */
export interface FrameHandler {
  /** @throws {ConnectionError} when the connection must end */
  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void
}

/**
 * Cuts what was read into frames. They are handed on where they are; only one that is not complete yet is copied, into a
 * buffer of the size that the largest frame has.
 */
export class FrameReader {
  readonly #handler: FrameHandler
  readonly #partial = Buffer.allocUnsafeSlow(frameHeaderBytes + defaultMaxFrameBytes)
  #filled = 0
  #isStopped = false

  constructor(handler: FrameHandler) {
    this.#handler = handler
  }

  /** No further frame is handed on. */
  stop(): void {
    this.#isStopped = true
  }

  /** @throws {ConnectionError} what the handler throws, and for a frame that is larger than we allow */
  push(chunk: Buffer): void {
    let at = this.#filled === 0 ? 0 : this.#completePartial(chunk)
    while (!this.#isStopped && chunk.length - at >= frameHeaderBytes) {
      const end = at + frameHeaderBytes + payloadLength(chunk, at)
      if (end > chunk.length) break
      this.#handOn(chunk, at, end)
      at = end
    }
    if (at === chunk.length || this.#isStopped) return
    // Its length is checked as soon as it is known, not when all of it is there.
    if (chunk.length - at >= frameHeaderBytes) payloadLength(chunk, at)
    this.#filled += chunk.copy(this.#partial, this.#filled, at)
  }

  /** Answers where the frame ends in `chunk` that began before it; its length, when it does not end there. */
  #completePartial(chunk: Buffer): number {
    let at = this.#fillTo(frameHeaderBytes, chunk, 0)
    if (this.#filled < frameHeaderBytes) return at
    const whole = frameHeaderBytes + payloadLength(this.#partial, 0)
    at = this.#fillTo(whole, chunk, at)
    if (this.#filled < whole) return at
    this.#filled = 0
    this.#handOn(this.#partial, 0, whole)
    return at
  }

  #fillTo(length: number, chunk: Buffer, at: number): number {
    const missing = length - this.#filled
    if (missing <= 0) return at
    const copied = chunk.copy(this.#partial, this.#filled, at, at + missing)
    this.#filled += copied
    return at + copied
  }

  #handOn(bytes: Buffer, at: number, end: number): void {
    const streamId = ((bytes[at + 5]! & 0x7f) << 24) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 8) | bytes[at + 8]!
    this.#handler.onFrame(bytes[at + 3]!, bytes[at + 4]!, streamId, bytes, at + frameHeaderBytes, end)
  }
}

function payloadLength(bytes: Buffer, at: number): number {
  const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
  if (length > defaultMaxFrameBytes) {
    throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, `a frame of ${length} bytes`)
  }
  return length
}
