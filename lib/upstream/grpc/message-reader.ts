import { Code, ConnectError } from '@connectrpc/connect'
import type { CallLimits } from './attempt.ts'
import type { Call } from './call.ts'
import { decompress } from './compression.ts'
import { type Frame, frameLength } from './framing.ts'

/** The call whose answer is read. */
interface ReadCall {
  readonly call: Call
  readonly limits: CallLimits
  /** How compressed messages are compressed; null: it does not say. */
  readonly encoding: string | null
  /** What is told in place of an error. */
  translated(error: ConnectError): unknown
  /** So many bytes need no memory any more. */
  consumed(bytes: number): void
  fail(error: ConnectError): void
}

/** A message that waits for its reader. */
interface Queued {
  readonly frame: Frame
  next: Queued | null
}

/** Who waits for a message. */
interface Waiting {
  resolve(result: IteratorResult<Uint8Array> | Promise<IteratorResult<Uint8Array>>): void
  reject(error: unknown): void
}

/**
 * The messages of an answer. What waits to be taken holds its part of the stream's window: a reader that stops to ask holds
 * the upstream back. A message that is on its way while nothing waits holds none, as it may be larger than the window; so
 * what is kept is bounded by the window and one message.
 */
export class MessageReader implements AsyncIterableIterator<Uint8Array> {
  readonly #call: ReadCall
  #first: Queued | null = null
  #last: Queued | null = null
  #waiting: Waiting | null = null
  /** Bytes that came and were not given back to the window. */
  #held = 0
  /** Undefined while messages may come, null when the call ended well. */
  #end: ConnectError | null | undefined

  constructor(call: ReadCall) {
    this.#call = call
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** A message has come. */
  add(frame: Frame): void {
    const waiting = this.#waiting
    if (waiting !== null) {
      this.#waiting = null
      waiting.resolve(this.#resultOf(frame))
      return
    }
    const queued = { frame, next: null }
    if (this.#last === null) this.#first = queued
    else this.#last.next = queued
    this.#last = queued
  }

  /** Bytes have come, the messages in which were added before. */
  hold(bytes: number): void {
    this.#held += bytes
    if (this.#first === null) this.#release(this.#held)
  }

  /** Messages that wait are not given out any more. */
  drop(): void {
    this.#first = null
    this.#last = null
  }

  /** The call is over; with an error or, with null, well. What came before is still given out. */
  end(error: ConnectError | null): void {
    if (this.#end !== undefined) return
    this.#end = error
    const waiting = this.#waiting
    this.#waiting = null
    if (waiting === null) return
    if (error === null) waiting.resolve({ done: true, value: undefined })
    else waiting.reject(this.#call.translated(error))
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const queued = this.#first
    if (queued !== null) {
      this.#first = queued.next
      if (this.#first === null) this.#last = null
      this.#release(this.#first === null ? this.#held : Math.min(this.#held, frameLength(queued.frame)))
      return Promise.resolve(this.#resultOf(queued.frame))
    }
    if (this.#end === null) return Promise.resolve({ done: true, value: undefined })
    if (this.#end !== undefined) return Promise.reject(this.#call.translated(this.#end))
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
    })
  }

  /** Whoever stops to read ends the call; nothing fails for who does not want to know. */
  async return(): Promise<IteratorResult<Uint8Array>> {
    this.drop()
    this.#waiting?.resolve({ done: true, value: undefined })
    this.#waiting = null
    this.#end = null
    this.#call.call.lifetime.end(new ConnectError('nobody reads the answer', Code.Canceled))
    return { done: true, value: undefined }
  }

  #resultOf({ compressed, data }: Frame): IteratorResult<Uint8Array> | Promise<IteratorResult<Uint8Array>> {
    return compressed ? this.#unpack(data) : { done: false, value: data }
  }

  async #unpack(data: Uint8Array): Promise<IteratorResult<Uint8Array>> {
    try {
      return { done: false, value: await decompress(data, this.#call.encoding, this.#call.limits.readMaxBytes) }
    } catch (error) {
      throw this.#call.translated(this.#failed(ConnectError.from(error, Code.Internal)))
    }
  }

  /** The call is cancelled, and stays failed. */
  #failed(error: ConnectError): ConnectError {
    this.drop()
    this.#end = error
    this.#call.fail(error)
    return error
  }

  #release(bytes: number): void {
    if (bytes === 0) return
    this.#held -= bytes
    this.#call.consumed(bytes)
  }
}
