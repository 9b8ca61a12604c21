import type { ClientHttp2Stream } from 'node:http2'
import { checkSize, frameOf } from './framing.ts'

/** Sends the messages of a request, each when the one before has gone into the connection's window. */
export class MessageWriter {
  readonly #messages: AsyncIterator<Uint8Array>
  readonly #maxBytes: number
  #isStopped = false
  #wake: (() => void) | null = null

  constructor(source: AsyncIterable<Uint8Array>, maxBytes: number) {
    this.#messages = source[Symbol.asyncIterator]()
    this.#maxBytes = maxBytes
  }

  /** Settles when all is sent, or the call is over. Throws what the source throws, and for a message that is too large. */
  async writeAll(stream: ClientHttp2Stream): Promise<void> {
    const wake = () => this.#wake?.()
    stream.on('drain', wake)
    for (;;) {
      const { done, value } = await this.#messages.next()
      if (this.#isStopped) return
      if (done) {
        stream.end()
        return
      }
      checkSize(value, this.#maxBytes)
      if (!stream.write(frameOf(value))) await this.#drained()
    }
  }

  /** The call is over: no more is sent, and the source is told. */
  stop(): void {
    this.#isStopped = true
    this.#wake?.()
    // It may fail, and nobody waits for it: the call is over.
    this.#messages.return?.().catch(() => {})
  }

  #drained(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve
    })
  }
}
