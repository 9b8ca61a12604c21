import type { HeaderFields } from '../hpack/header-fields.ts'
import type { ClientStream } from './client-stream.ts'
import { ConnectionError, ErrorCode, errorCodeName, StreamError } from './errors.ts'
import type { FloodGuard } from './flood-guard.ts'
import { maxStreamId, maxWindowBytes } from './frames.ts'
import { readContentLength, readStatus, trailersProblem } from './response-fields.ts'
import { StreamTable } from './stream-table.ts'

export interface OpenStreamsOptions {
  guard: FloodGuard
  /** What we take on each stream, before it is given back, in bytes. */
  windowBytes: number
  /** Of the first stream; odd, as those of clients are (RFC 9113, section 5.1.1). */
  firstId: number
}

/** What the streams tell their connection. */
export interface OpenStreamsEvents {
  /** Resets the stream at the server; its own part is done already. */
  sendReset(streamId: number, code: number): void
  /** Lets the server send so many bytes more on the stream. */
  sendWindowUpdate(streamId: number, bytes: number): void
  /** A stream is over, and may have been the last. */
  onStreamClosed(stream: ClientStream): void
}

/** How often 1xx may come before an answer begins. */
const maxInformational = 32

/** The streams that are open on a connection, and what the server says on them: RFC 9113, sections 5.1 and 8.1. */
export class OpenStreams {
  readonly #streams = new StreamTable()
  readonly #guard: FloodGuard
  readonly #windowBytes: number
  readonly #events: OpenStreamsEvents
  #nextId: number

  constructor({ guard, windowBytes, firstId }: OpenStreamsOptions, events: OpenStreamsEvents) {
    this.#guard = guard
    this.#windowBytes = windowBytes
    this.#nextId = firstId
    this.#events = events
  }

  get size(): number {
    return this.#streams.size
  }

  /** Whether there is an id for one more. */
  get hasIds(): boolean {
    return this.#nextId <= maxStreamId
  }

  /** Gives the stream its id, and its window. */
  add(stream: ClientStream): void {
    stream.receiveWindow = this.#windowBytes
    stream.streamId = this.#nextId
    this.#nextId += 2
    this.#streams.add(stream)
  }

  /** The stream is over, on both sides. */
  close(stream: ClientStream, error: StreamError | null): void {
    if (stream.owner === null) return
    stream.owner = null
    stream.queued = null
    this.#streams.remove(stream)
    try {
      stream.onClosed(error)
    } finally {
      this.#events.onStreamClosed(stream)
    }
  }

  /** Resets the stream and closes it. */
  abort(stream: ClientStream, code: number, problem: string, cause?: unknown): void {
    if (stream.owner === null) return
    this.#events.sendReset(stream.streamId, code)
    this.close(stream, new StreamError(code, 'local', false, problem, cause))
  }

  /** Closes those that `errorOf` has an error for. */
  closeAll(errorOf: (stream: ClientStream) => StreamError | null): void {
    for (const stream of this.#streams.list()) {
      const error = errorOf(stream)
      if (error !== null) this.close(stream, error)
    }
  }

  /** So many bytes of the stream need no memory any more. The server hears of it when half of the window is used up. */
  giveBack(stream: ClientStream, bytes: number): void {
    stream.unreturnedBytes += bytes
    if (stream.unreturnedBytes < this.#windowBytes / 2) return
    this.#events.sendWindowUpdate(stream.streamId, stream.unreturnedBytes)
    stream.receiveWindow += stream.unreturnedBytes
    stream.unreturnedBytes = 0
  }

  onHeaders(streamId: number, fields: HeaderFields | null, isEnd: boolean): void {
    const stream = this.#find(streamId)
    if (stream === null) return
    if (fields === null) this.abort(stream, ErrorCode.PROTOCOL_ERROR, 'more headers than we take')
    else if (stream.hasHeaders) this.#onTrailers(stream, fields, isEnd)
    else this.#onAnswer(stream, fields, isEnd)
  }

  onData(streamId: number, bytes: Buffer, flowBytes: number, isEnd: boolean): void {
    const stream = this.#find(streamId)
    if (stream === null) return
    stream.receiveWindow -= flowBytes
    if (stream.receiveWindow < 0) {
      this.abort(stream, ErrorCode.FLOW_CONTROL_ERROR, 'more data than the window of the stream')
    } else if (!stream.hasHeaders) {
      this.abort(stream, ErrorCode.PROTOCOL_ERROR, 'data before headers')
    } else {
      if (flowBytes > bytes.length) stream.consumed(flowBytes - bytes.length)
      this.#takeData(stream, bytes, isEnd)
    }
  }

  onReset(streamId: number, code: number): void {
    const stream = this.#find(streamId)
    if (stream === null) return
    this.#guard.count('reset')
    const isUnprocessed = code === ErrorCode.REFUSED_STREAM
    const problem = `the server reset the stream with ${errorCodeName(code)}`
    this.close(stream, new StreamError(code, 'peer', isUnprocessed, problem))
  }

  /** Answers the stream when what it has queued may go on. */
  onWindowUpdate(streamId: number, bytes: number): ClientStream | null {
    const stream = this.#find(streamId)
    if (stream === null) return null
    stream.sendWindow += bytes
    if (bytes === 0) this.abort(stream, ErrorCode.PROTOCOL_ERROR, 'a window that grows by nothing')
    else if (stream.sendWindow > maxWindowBytes) {
      this.abort(stream, ErrorCode.FLOW_CONTROL_ERROR, 'the window of the stream is above 2^31 - 1')
    } else return stream
    return null
  }

  /** The server changes the windows of all streams (RFC 9113, section 6.9.2). @throws {ConnectionError} FLOW_CONTROL_ERROR */
  widenAll(bytes: number): void {
    for (const stream of this.#streams.list()) {
      stream.sendWindow += bytes
      if (stream.sendWindow > maxWindowBytes) {
        throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, 'the window of a stream is above 2^31 - 1')
      }
    }
  }

  /** Null: the stream is over. What the server had sent before it heard of that is no fault of its. */
  #find(streamId: number): ClientStream | null {
    const stream = this.#streams.get(streamId)
    if (stream !== null) return stream
    if (streamId % 2 === 0 || streamId >= this.#nextId) {
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, `a frame on stream ${streamId}, which was never opened`)
    }
    this.#guard.count('afterEnd')
    return null
  }

  #onAnswer(stream: ClientStream, fields: HeaderFields, isEnd: boolean): void {
    const status = readStatus(fields)
    if (typeof status === 'string') this.abort(stream, ErrorCode.PROTOCOL_ERROR, status)
    else if (status < 200) this.#onInformational(stream, isEnd)
    else {
      const length = readContentLength(fields)
      if (typeof length === 'string' || (isEnd && length > 0)) {
        this.abort(stream, ErrorCode.PROTOCOL_ERROR, 'a content-length that does not hold')
        return
      }
      stream.hasHeaders = true
      stream.expectedBytes = length
      this.#tell(stream, () => stream.onHeaders(fields, isEnd))
      if (isEnd) this.#onRemoteEnd(stream)
    }
  }

  #onInformational(stream: ClientStream, isEnd: boolean): void {
    stream.informationalCount += 1
    this.#guard.count('informational')
    if (isEnd || stream.informationalCount > maxInformational) {
      this.abort(stream, ErrorCode.PROTOCOL_ERROR, 'an informational answer that ends it, or goes on for ever')
    }
  }

  #onTrailers(stream: ClientStream, fields: HeaderFields, isEnd: boolean): void {
    const problem = isEnd ? (trailersProblem(fields) ?? missingData(stream)) : 'headers within an answer'
    if (problem !== null) {
      this.abort(stream, ErrorCode.PROTOCOL_ERROR, problem)
      return
    }
    this.#tell(stream, () => stream.onTrailers(fields))
    this.#onRemoteEnd(stream)
  }

  #takeData(stream: ClientStream, bytes: Buffer, isEnd: boolean): void {
    if (stream.expectedBytes !== -1) {
      stream.expectedBytes -= bytes.length
      if (stream.expectedBytes < 0 || (isEnd && stream.expectedBytes > 0)) {
        this.abort(stream, ErrorCode.PROTOCOL_ERROR, 'a content-length that does not hold')
        return
      }
    }
    if (bytes.length > 0) this.#tell(stream, () => stream.onData(bytes))
    if (!isEnd || stream.owner === null) return
    this.#tell(stream, () => stream.onEnd())
    this.#onRemoteEnd(stream)
  }

  /** An answer may be whole before the request is: then the rest of it is of no use. */
  #onRemoteEnd(stream: ClientStream): void {
    if (stream.owner === null) return
    if (!stream.isLocalEnded) this.#events.sendReset(stream.streamId, ErrorCode.CANCEL)
    this.close(stream, null)
  }

  /** What goes wrong in a hook ends its stream, and not the connection of all the others. */
  #tell(stream: ClientStream, hook: () => void): void {
    try {
      hook()
    } catch (error) {
      this.abort(stream, ErrorCode.INTERNAL_ERROR, 'the answer could not be taken', error)
    }
  }
}

function missingData({ expectedBytes }: ClientStream): string | null {
  return expectedBytes > 0 ? 'a content-length that does not hold' : null
}
