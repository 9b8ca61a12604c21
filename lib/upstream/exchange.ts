import { type ClientHttp2Stream, constants, type OutgoingHttpHeaders } from 'node:http2'
import { Code, ConnectError } from '@connectrpc/connect'
import type { AnswerHeaders } from './headers.ts'
import type { Lifetime } from './lifetime.ts'
import type { SessionManager } from './session.ts'
import { connectionError, headersError, resetError, statusError, textOf } from './status.ts'

/** What a call does with its HTTP/2 stream. */
export interface ExchangeHandler {
  /** The stream is there: the request is written, and the answer is read. */
  onOpen(stream: ClientHttp2Stream): void
  /** The answer begins: messages may follow. */
  onHeaders(headers: AnswerHeaders): void
  /** The answer is over, well. Bytes that were not read before are no more there. Not called after `onError`. */
  onEnd(): void
  /** The call failed, by whatever: only the first error is told, and nothing after it. */
  onError(error: ConnectError): void
}

/**
 * One call on one HTTP/2 stream, from its headers to its status. Knows how it can go wrong; what the messages are is the
 * handler's.
 *
 *     waiting -- connection ready --> open -- headers --> answering -- status --> over
 *        any -- error, reset, deadline, cancellation --> over, and the stream is reset with CANCEL
 */
export class Exchange {
  /** Empty while there are none. */
  headers: AnswerHeaders = {}
  trailers: AnswerHeaders | null = null
  readonly #handler: ExchangeHandler
  readonly #lifetime: Lifetime
  #stream: ClientHttp2Stream | null = null
  #isOver = false

  constructor(lifetime: Lifetime, handler: ExchangeHandler) {
    this.#lifetime = lifetime
    this.#handler = handler
  }

  /** How messages of the answer are compressed that are; empty: it does not say. */
  get encoding(): string {
    return textOf(this.headers['grpc-encoding'])
  }

  /** No further event comes. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** Begins the call, as soon as there is a connection. */
  open(sessions: SessionManager, headers: OutgoingHttpHeaders): void {
    const { reason } = this.#lifetime
    if (reason !== null) {
      this.fail(reason)
      return
    }
    this.#lifetime.onEnd = error => this.fail(error)
    const waiting = sessions.ready()
    if (waiting === null) {
      this.#request(sessions, headers)
      return
    }
    waiting.then(
      () => this.#request(sessions, headers),
      error => this.fail(connectionError(error))
    )
  }

  /** Ends the call with an error: the upstream need not go on with it. */
  fail(error: ConnectError): void {
    if (this.#isOver) return
    this.#finish()
    this.#handler.onError(error)
  }

  #request(sessions: SessionManager, headers: OutgoingHttpHeaders): void {
    // It may have ended while the connection opened.
    if (this.#isOver) return
    try {
      this.#stream = sessions.request(headers)
    } catch (error) {
      // A header that HTTP/2 does not allow.
      this.fail(ConnectError.from(error, Code.Internal))
      return
    }
    this.#listen(this.#stream)
    this.#handler.onOpen(this.#stream)
  }

  #listen(stream: ClientHttp2Stream): void {
    const { session } = stream
    stream.on('response', headers => {
      if (this.#isOver) return
      this.headers = headers
      const error = headersError(headers)
      if (error === null) this.#handler.onHeaders(headers)
      else this.fail(error)
    })
    stream.on('trailers', trailers => {
      this.trailers = trailers
    })
    stream.on('end', () => {
      // Without a status, it depends on how the stream closes.
      if (this.#hasStatus) this.#complete()
    })
    stream.on('error', error => {
      if (this.#refusal !== null) this.#complete()
      else if (stream.rstCode !== constants.NGHTTP2_NO_ERROR && isReset(error)) this.fail(resetError(stream.rstCode))
      else this.fail(connectionError(error))
    })
    stream.on('close', () => {
      if (this.#isOver) return
      if (this.#refusal !== null) this.#complete()
      else this.fail(session?.destroyed ? connectionError(undefined) : resetError(stream.rstCode ?? 0))
    })
  }

  get #hasStatus(): boolean {
    return 'grpc-status' in this.headers || (this.trailers !== null && 'grpc-status' in this.trailers)
  }

  /** What the upstream itself says: that counts, even when the stream is reset after it. */
  get #refusal(): ConnectError | null {
    return this.#hasStatus ? statusError(this.headers, this.trailers) : null
  }

  #complete(): void {
    if (this.#isOver) return
    const error = statusError(this.headers, this.trailers)
    this.#finish()
    if (error === null) this.#handler.onEnd()
    else this.#handler.onError(error)
  }

  #finish(): void {
    this.#isOver = true
    this.#lifetime.close()
    const stream = this.#stream
    // An upstream may answer before it has heard everything; it need not hear the rest.
    if (stream !== null && !(stream.readableEnded && stream.writableFinished)) stream.close(constants.NGHTTP2_CANCEL)
  }
}

/** Whether the stream was reset, and not its connection lost. */
function isReset(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_HTTP2_STREAM_ERROR'
}
