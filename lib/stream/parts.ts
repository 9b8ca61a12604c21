import { RequestError } from '../../errors.ts'

/** The bytes of one message of a stream, that come in parts. */
export class Parts {
  readonly #maxBytes: number
  #parts: Uint8Array[] = []
  #length = 0

  /** @param maxBytes the most that a message may hold. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /**
   * @param place where the message is, for the error.
   * @throws {RequestError} SLUICE_ERR_MESSAGE_TOO_LARGE
   */
  add(part: Uint8Array, place: string): void {
    if (part.length === 0) return
    this.#length += part.length
    if (this.#length > this.#maxBytes) throw new RequestError('SLUICE_ERR_MESSAGE_TOO_LARGE', { args: [place] })
    this.#parts.push(part)
  }

  /** All that was added, in one piece; the next message begins. */
  take(): Uint8Array {
    const parts = this.#parts
    this.#parts = []
    this.#length = 0
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
  }
}
