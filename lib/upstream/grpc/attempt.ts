import { Code, ConnectError } from '@connectrpc/connect'
import type { HeaderFields } from '../hpack/header-fields.ts'
import { ClientStream } from '../http2/client-stream.ts'
import type { Http2Connection } from '../http2/connection.ts'
import { ErrorCode, type StreamError } from '../http2/errors.ts'
import type { Call } from './call.ts'
import { gzipFrameOf, type SendCompression } from './compression.ts'
import { fieldOf, noFields } from './fields.ts'
import { type Frame, FrameReader, frameOf } from './framing.ts'
import { type LifetimeListener, timedOut } from './lifetime.ts'
import { headersTooLarge } from './message-size.ts'
import { headersError, statusError } from './status.ts'
import { closedError } from './stream-status.ts'
import { grpcTimeout } from './timeout.ts'

/** How much earlier than ours the timer may be of an upstream that keeps the deadline that it was told, in milliseconds. */
const earlyMs = 1

/** What bounds a call, whatever it is. */
export interface CallLimits {
  /** The most that one message of the answer may hold, in bytes; more is RESOURCE_EXHAUSTED. */
  readMaxBytes: number
  /** The most that one message of a request that is a stream may hold, in bytes; more is RESOURCE_EXHAUSTED. */
  writeMaxBytes: number
  /**
   * How long the answer of a stream without a deadline may take to begin after the request was sent, in milliseconds; null:
   * for ever.
   */
  headersTimeoutMs: number | null
  /** Default: `identity`. */
  sendCompression?: SendCompression
}

/**
 * Is told once, when the HTTP/2 stream of an attempt is over: how the call ended. One that was not opened, as the call had
 * ended before, is CANCELLED whatever the call is: it says nothing of the upstream.
 */
export type OnOver = (error: ConnectError | null) => void

/**
 * One attempt at a call, which is its HTTP/2 stream: from its headers to its status. Knows how it can go wrong; who waits
 * for what is its kind's.
 *
 *     open -- headers --> answering -- status --> over
 *      any -- error, reset, end of its lifetime --> over, and the stream is reset with CANCEL
 */
export abstract class Attempt extends ClientStream implements LifetimeListener {
  readonly call: Call
  readonly limits: CallLimits
  /** Empty while there are none. */
  headers: HeaderFields = noFields
  /** Empty while there are none. */
  trailers: HeaderFields = noFields
  readonly #onOver: OnOver
  readonly #frames: FrameReader
  #hasMessage = false
  #isOver = false
  #outcome: ConnectError | null = null

  constructor(call: Call, limits: CallLimits, onOver: OnOver) {
    super()
    this.call = call
    this.limits = limits
    this.#onOver = onOver
    this.#frames = new FrameReader(limits.readMaxBytes)
  }

  /** The answer begins: messages may follow. */
  protected abstract onBegin(): void
  /** A message of the answer; the only one when the rpc answers with one. */
  protected abstract onMessage(frame: Frame): void
  /** So many bytes have come, and the messages in them were told. */
  protected abstract onReceived(length: number): void
  /** The call is over; with null, it ended well. The last that is told. */
  protected abstract onResult(error: ConnectError | null): void

  /** No further event comes. */
  get isOver(): boolean {
    return this.#isOver
  }

  /** How messages of the answer are compressed that are; null: it does not say. */
  get encoding(): string | null {
    return fieldOf(this.headers, 'grpc-encoding')
  }

  /** Opens the stream, and sends the message of the request when it is one. */
  open(connection: Http2Connection): void {
    const { rpc, metadata, content, lifetime } = this.call
    const remainingMs = lifetime.remainingMs()
    const template = metadata.has('user-agent') ? rpc.templateWithoutAgent : rpc.template
    const fields = this.#ownFields(remainingMs)
    if (remainingMs === 0) lifetime.end(timedOut())
    else if (!connection.takesHeaders(template, fields)) lifetime.end(headersTooLarge())
    if (lifetime.reason !== null) {
      this.#finish(lifetime.reason)
      this.#onOver(new ConnectError('the call was not sent', Code.Canceled))
      return
    }
    lifetime.onEnd(this)
    const compresses = this.limits.sendCompression === 'gzip'
    const frame = content instanceof Uint8Array && !compresses ? frameOf(content) : null
    connection.open(this, template, fields, frame, frame !== null)
    if (content instanceof Uint8Array && compresses) this.#sendCompressed(content)
  }

  /** Ends the call with an error: the upstream need not go on with it. */
  fail(error: ConnectError): void {
    if (this.#isOver) return
    this.#finish(error)
    this.reset(ErrorCode.CANCEL)
  }

  onLifetimeEnd(reason: ConnectError): void {
    this.fail(reason)
  }

  override onHeaders(fields: HeaderFields, isEnd: boolean): void {
    this.headers = fields
    const error = headersError(fields, isEnd)
    if (error === null) {
      this.onBegin()
      if (isEnd) this.#complete(null)
    } else if (isEnd) {
      // Not reset, as it is over: servers take many resets for an attack, and end the connection.
      this.#finish(error)
    } else this.fail(error)
  }

  override onData(bytes: Buffer): void {
    try {
      this.#frames.push(bytes)
      for (let frame = this.#frames.next(); frame !== null; frame = this.#frames.next()) this.#take(frame)
    } catch (error) {
      this.fail(ConnectError.from(error, Code.Internal))
      return
    }
    this.onReceived(bytes.length)
  }

  override onTrailers(fields: HeaderFields): void {
    this.trailers = fields
    this.#complete(fields)
  }

  override onEnd(): void {
    this.#complete(noFields)
  }

  override onClosed(error: StreamError | null): void {
    const { lifetime } = this.call
    const isLate = error?.code === ErrorCode.CANCEL && lifetime.remainingMs() <= earlyMs
    if (isLate && !this.#isOver) lifetime.end(timedOut())
    if (!this.#isOver) this.#finish(closedError(error))
    this.#onOver(this.#outcome)
  }

  #ownFields(remainingMs: number): HeaderFields {
    const { fields } = this.call.metadata
    if (remainingMs === Number.POSITIVE_INFINITY && this.limits.sendCompression !== 'gzip') return fields
    // Before what is the caller's.
    const own: string[] = []
    if (remainingMs !== Number.POSITIVE_INFINITY) own.push('grpc-timeout', grpcTimeout(remainingMs))
    if (this.limits.sendCompression === 'gzip') own.push('grpc-encoding', 'gzip')
    own.push(...fields)
    return own
  }

  #sendCompressed(message: Uint8Array): void {
    gzipFrameOf(message).then(
      frame => {
        if (!this.#isOver) this.write(frame, true)
      },
      error => this.fail(ConnectError.from(error, Code.Internal))
    )
  }

  #take(frame: Frame): void {
    if (this.#hasMessage && !this.call.rpc.answerStreams) {
      throw new ConnectError('protocol error: more than one message', Code.Unimplemented)
    }
    this.#hasMessage = true
    this.onMessage(frame)
  }

  #complete(trailers: HeaderFields | null): void {
    this.#finish(statusError(this.headers, trailers) ?? this.#violation())
  }

  /** What is wrong with the messages of an answer whose status is good. */
  #violation(): ConnectError | null {
    if (this.#frames.isPartial) return new ConnectError('protocol error: half a message', Code.Internal)
    if (this.#hasMessage || this.call.rpc.answerStreams) return null
    return new ConnectError('protocol error: missing message', Code.Unimplemented)
  }

  #finish(error: ConnectError | null): void {
    this.#isOver = true
    this.#outcome = error
    this.call.lifetime.offEnd(this)
    this.onResult(error)
  }
}
