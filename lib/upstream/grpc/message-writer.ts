import type { CallLimits } from './attempt.ts'
import { gzipFrameOf } from './compression.ts'
import { frameOf } from './framing.ts'
import { checkSize } from './message-size.ts'

/** The call whose request it is. */
interface WrittenCall {
  readonly limits: CallLimits
  /** False: it waits for room, and `onWritable` tells when it has gone. */
  write(bytes: Uint8Array, isEnd: boolean): boolean
  end(): void
}

/** Sends the messages of a request, each when the one before has gone into the window of the upstream. */
export class MessageWriter {
  readonly #call: WrittenCall
  readonly #source: AsyncIterable<Uint8Array>
  #messages: AsyncIterator<Uint8Array> | null = null
  #isStopped = false
  #wake: (() => void) | null = null

  constructor(call: WrittenCall, source: AsyncIterable<Uint8Array>) {
    this.#call = call
    this.#source = source
  }

  /** Settles when all is sent, or the call is over. Throws what the source throws, and for a message that is too large. */
  async writeAll(): Promise<void> {
    const { writeMaxBytes, sendCompression } = this.#call.limits
    const messages = this.#source[Symbol.asyncIterator]()
    this.#messages = messages
    while (!this.#isStopped) {
      const { done, value } = await messages.next()
      if (this.#isStopped) return
      if (done) {
        this.#call.end()
        return
      }
      checkSize(value, writeMaxBytes)
      const frame = sendCompression === 'gzip' ? await gzipFrameOf(value) : frameOf(value)
      if (!this.#isStopped && !this.#call.write(frame, false)) await this.#writable()
    }
  }

  /** What was written has all gone out. */
  onWritable(): void {
    this.#wake?.()
  }

  /** The call is over: no more is sent, and the source is told. */
  stop(): void {
    this.#isStopped = true
    this.#wake?.()
    void this.#returnSource()
  }

  async #returnSource(): Promise<void> {
    try {
      await this.#messages?.return?.()
    } catch {
      // Nobody waits for it: the call is over.
    }
  }

  #writable(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve
    })
  }
}
