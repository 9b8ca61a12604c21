import type { ClientHttp2Stream } from 'node:http2'
import type { DescMethod, DescService } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import { Exchange, type ExchangeHandler } from './exchange.ts'
import { type AnswerHeaders, addHeaders } from './headers.ts'
import { MessageReader } from './message-reader.ts'
import { MessageWriter } from './message-writer.ts'
import type { SessionManager } from './session.ts'
import type { OutgoingCall } from './unary-call.ts'

/** A stream, once its interceptors have let it through. */
export interface OutgoingStream extends OutgoingCall<AsyncIterable<Uint8Array>> {
  /** The most that one message of the request may hold. */
  writeMaxBytes: number
  /** How long the headers of the answer may take after the last message was sent, in milliseconds; null: the deadline counts. */
  headersTimeoutMs: number | null
}

/** An answer that has begun: connect's response of a stream, in bytes. */
export interface StreamAnswer {
  stream: true
  service: DescService
  method: DescMethod
  header: Headers
  message: AsyncIterable<Uint8Array>
  trailer: Headers
}

/** Calls with messages, and reads messages; each at the pace of the slower side. */
export function callStream(sessions: SessionManager, call: OutgoingStream): Promise<StreamAnswer> {
  return new Promise((resolve, reject) => {
    const handler = new StreamHandler(call, resolve, reject)
    handler.exchange.open(sessions, call.headers)
  })
}

class StreamHandler implements ExchangeHandler {
  readonly exchange: Exchange
  readonly #call: OutgoingStream
  readonly #resolve: (answer: StreamAnswer) => void
  readonly #reject: (error: ConnectError) => void
  readonly #reader: MessageReader
  readonly #writer: MessageWriter
  readonly #trailer = new Headers()

  constructor(call: OutgoingStream, resolve: (answer: StreamAnswer) => void, reject: (error: ConnectError) => void) {
    this.#call = call
    this.#resolve = resolve
    this.#reject = reject
    this.exchange = new Exchange(call.lifetime, this)
    this.#reader = new MessageReader(this.exchange, call)
    this.#writer = new MessageWriter(call.content, call.writeMaxBytes)
  }

  onOpen(stream: ClientHttp2Stream): void {
    this.#reader.open(stream)
    this.#writer.writeAll(stream).then(
      () => this.#limitHeaders(),
      error => this.#call.lifetime.end(sourceError(error))
    )
  }

  onHeaders(headers: AnswerHeaders): void {
    if (this.#call.headersTimeoutMs !== null) this.#call.lifetime.keepOn()
    const { method } = this.#call
    this.#resolve({
      stream: true,
      service: method.parent,
      method,
      header: addHeaders(new Headers(), headers),
      message: this.#reader,
      trailer: this.#trailer
    })
  }

  onEnd(): void {
    addHeaders(this.#trailer, this.exchange.trailers ?? {})
    this.#writer.stop()
    this.#reader.end(null)
  }

  onError(error: ConnectError): void {
    this.#writer.stop()
    this.#reader.end(error)
    this.#reject(error)
  }

  #limitHeaders(): void {
    const { headersTimeoutMs, lifetime } = this.#call
    const answered = ':status' in this.exchange.headers
    if (headersTimeoutMs !== null && !answered) lifetime.endIn(headersTimeoutMs)
  }
}

/** The call is cancelled because its own messages failed; that says nothing about the upstream. */
function sourceError(cause: unknown): ConnectError {
  if (cause instanceof ConnectError) return cause
  return new ConnectError('the messages of the request failed', Code.Canceled, undefined, undefined, cause)
}
