import { ConnectionError, ErrorCode } from './errors.ts'
import { defaultWindowBytes } from './frames.ts'

/** What a reader does not take is bounded by the windows of the streams: that of the connection need not be small. */
const windowBytes = 16 * 1024 * 1024

/** What we take of the server over all streams: RFC 9113, section 6.9. */
export class ConnectionWindow {
  readonly #sendUpdate: (bytes: number) => void
  #left = windowBytes

  /** @param sendUpdate tells the server that it may send so many bytes more. */
  constructor(sendUpdate: (bytes: number) => void) {
    this.#sendUpdate = sendUpdate
  }

  /** Widens the window that every connection begins with. */
  open(): void {
    this.#sendUpdate(windowBytes - defaultWindowBytes)
  }

  /**
   * Data has come. It is given back whatever becomes of it.
   *
   * @param bytes all that counts: with its padding, and also of streams that are over.
   * @throws {ConnectionError} FLOW_CONTROL_ERROR when it is more than we take
   */
  onData(bytes: number): void {
    this.#left -= bytes
    if (this.#left < 0) {
      throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, 'more data than the window of the connection')
    }
    if (this.#left >= windowBytes / 2) return
    this.#sendUpdate(windowBytes - this.#left)
    this.#left = windowBytes
  }
}
