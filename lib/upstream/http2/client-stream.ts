import type { HeaderFields } from '../hpack/header-fields.ts'
import type { StreamError } from './errors.ts'

/** What a stream asks of its connection. */
export interface StreamOwner {
  sendData(stream: ClientStream, bytes: Uint8Array, isEnd: boolean): boolean
  resetStream(stream: ClientStream, code: number): void
  giveBack(stream: ClientStream, bytes: number): void
}

/** Data that waits for its window. */
export interface QueuedData {
  bytes: Uint8Array
  /** How much of it has gone out. */
  offset: number
  isEnd: boolean
}

/**
 * A stream that we opened: a call is one, so that a call is one object. The hooks are called by the connection, none of them
 * after `onClosed`.
 *
 *     onHeaders -> onData ... -> onTrailers | onEnd -> onClosed(null)
 *     at any time: onClosed(error)
 */
export abstract class ClientStream {
  /** The state of the stream, which is its connection's alone. */
  streamId = 0
  /** Null before it was opened, and when it is closed. */
  owner: StreamOwner | null = null
  /** What the server takes of us; may be below 0, when it changed its mind. */
  sendWindow = 0
  /** What we take of the server. */
  receiveWindow = 0
  /** What was taken, and not yet given back to the server. */
  unreturnedBytes = 0
  queued: QueuedData[] | null = null
  isLocalEnded = false
  hasHeaders = false
  informationalCount = 0
  /** What is still to come by the `content-length`; -1: it was not said. */
  expectedBytes = -1
  /** Of the output, when it was opened: it has not left before the next one. */
  flushNumber = 0

  /** The headers of the answer; those of 1xx are skipped. With `isEnd`, nothing follows. */
  abstract onHeaders(fields: HeaderFields, isEnd: boolean): void
  /** A part of the body. Valid during the call only. */
  abstract onData(bytes: Buffer): void
  /** The trailers, which end the answer. */
  abstract onTrailers(fields: HeaderFields): void
  /** The answer ended without trailers. */
  abstract onEnd(): void
  /** The stream is over; with null, both sides said all that they had to say, or what we still had to say is of no use. */
  abstract onClosed(error: StreamError | null): void

  /** All that was queued has gone out. */
  onWritable(): void {}

  /** Sends data. False: it waits for room, and `onWritable` tells when it has gone. */
  write(bytes: Uint8Array, isEnd: boolean): boolean {
    return this.owner?.sendData(this, bytes, isEnd) ?? true
  }

  /** Ends our side. */
  end(): void {
    this.owner?.sendData(this, noBytes, true)
  }

  /** Ends the stream with an error code of HTTP/2; `onClosed` is called at once. Does nothing when it is closed. */
  reset(code: number): void {
    this.owner?.resetStream(this, code)
  }

  /** So many bytes of `onData` need no memory any more: the server may send as many again. */
  consumed(bytes: number): void {
    this.owner?.giveBack(this, bytes)
  }
}

const noBytes = new Uint8Array(0)
