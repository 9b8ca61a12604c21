import type { ClientHttp2Stream } from 'node:http2'
import { Code, ConnectError } from '@connectrpc/connect'
import type { Exchange } from './exchange.ts'
import { decompress, type Frame, FrameReader } from './framing.ts'
import type { OutgoingStream } from './stream-call.ts'

/**
 * The messages of an answer. Only what the connection's window lets through is read before it is asked for: a reader that
 * stops to ask holds the upstream back.
 */
export class MessageReader implements AsyncIterableIterator<Uint8Array> {
  readonly #exchange: Exchange
  readonly #call: OutgoingStream
  readonly #frames: FrameReader
  #stream: ClientHttp2Stream | null = null
  #wake: (() => void) | null = null
  /** Undefined while the call goes on, null when it ended well. */
  #end: ConnectError | null | undefined
  /** Why the answer cannot be read on. */
  #failure: ConnectError | null = null
  #count = 0

  constructor(exchange: Exchange, call: OutgoingStream) {
    this.#exchange = exchange
    this.#call = call
    this.#frames = new FrameReader(call.readMaxBytes)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  /** Reads from now on. */
  open(stream: ClientHttp2Stream): void {
    this.#stream = stream
    stream.on('readable', () => this.#wake?.())
  }

  /** The call is over; with an error or, with null, well. */
  end(error: ConnectError | null): void {
    this.#end = error
    this.#wake?.()
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    const frame = await this.#nextFrame()
    if (frame === null) return { done: true, value: undefined }
    this.#count += 1
    if (this.#isSingle && this.#count > 1) throw this.#violation('more than one message', Code.Unimplemented)
    return { done: false, value: frame.compressed ? await this.#unpack(frame) : frame.data }
  }

  /** Whoever stops to read ends the call. */
  async return(): Promise<IteratorResult<Uint8Array>> {
    this.#call.lifetime.end(new ConnectError('nobody reads the answer', Code.Canceled))
    return { done: true, value: undefined }
  }

  /** Whether the answer is exactly one message. */
  get #isSingle(): boolean {
    return this.#call.method.methodKind === 'client_streaming'
  }

  /** Null after the last one. */
  async #nextFrame(): Promise<Frame | null> {
    for (;;) {
      // What ends a call early ends it at once, whatever has arrived.
      const error = this.#call.lifetime.reason ?? this.#failure
      if (error !== null) throw error
      const frame = this.#cut()
      if (frame !== null) return frame
      const chunk: Buffer | null = this.#stream?.read() ?? null
      if (chunk !== null) this.#frames.push(chunk)
      else if (this.#end !== undefined) return this.#finish(this.#end)
      else await this.#more()
    }
  }

  #cut(): Frame | null {
    try {
      return this.#frames.next()
    } catch (error) {
      throw this.#failed(ConnectError.from(error, Code.Internal))
    }
  }

  #finish(error: ConnectError | null): null {
    if (error !== null) throw error
    if (this.#frames.isPartial) throw this.#violation('half a message', Code.Internal)
    if (this.#isSingle && this.#count === 0) throw this.#violation('missing message', Code.Unimplemented)
    return null
  }

  async #unpack({ data }: Frame): Promise<Uint8Array> {
    try {
      return await decompress(data, this.#exchange.encoding, this.#call.readMaxBytes)
    } catch (error) {
      throw this.#failed(ConnectError.from(error, Code.Internal))
    }
  }

  #violation(what: string, code: Code): ConnectError {
    return this.#failed(new ConnectError(`protocol error: ${what}`, code))
  }

  /** The call is cancelled, and stays failed. */
  #failed(error: ConnectError): ConnectError {
    this.#failure = error
    this.#exchange.fail(error)
    return error
  }

  #more(): Promise<void> {
    return new Promise(resolve => {
      this.#wake = resolve
    })
  }
}
