import type { ClientStream, QueuedData } from './client-stream.ts'
import { ConnectionError, ErrorCode } from './errors.ts'
import {
  defaultMaxFrameBytes,
  defaultWindowBytes,
  Flag,
  FrameType,
  frameHeaderBytes,
  maxWindowBytes,
  writeFrameHeader
} from './frames.ts'
import { largeBytes, type Output } from './output.ts'

/**
 * Sends DATA within the windows of the server: its connection's and its streams' (RFC 9113, section 5.2). Streams that wait
 * take turns, a frame each.
 */
export class Sender {
  /** The most that a frame may hold. */
  maxFrameBytes = defaultMaxFrameBytes
  readonly #output: Output
  #window = defaultWindowBytes
  /** In the order of their turns. */
  readonly #waiting = new Set<ClientStream>()

  constructor(output: Output) {
    this.#output = output
  }

  /** What the server takes on all streams together, in bytes. */
  get window(): number {
    return this.#window
  }

  /** Sends, or queues what does not fit; answers whether all went. What comes behind the end of a stream is dropped. */
  send(stream: ClientStream, bytes: Uint8Array, isEnd: boolean): boolean {
    if (stream.queued !== null) {
      enqueue(stream.queued, bytes, isEnd)
      return false
    }
    if (stream.isLocalEnded || (bytes.length === 0 && !isEnd)) return true
    const data = { bytes, offset: 0, isEnd }
    while (this.#sendFrame(stream, data)) {
      if (data.offset < bytes.length) continue
      stream.isLocalEnded = isEnd
      return true
    }
    stream.queued = [data]
    this.#waiting.add(stream)
    return false
  }

  /** @throws {ConnectionError} FLOW_CONTROL_ERROR for a window above 2^31 - 1 */
  widen(bytes: number): void {
    const wasUsedUp = this.#window <= 0
    this.#window += bytes
    if (this.#window > maxWindowBytes) {
      throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, 'the window of the connection is above 2^31 - 1')
    }
    // What waits while there is some left waits for something else.
    if (wasUsedUp) this.pump()
  }

  /** The stream is over: what it had queued is not sent. */
  forget(stream: ClientStream): void {
    this.#waiting.delete(stream)
  }

  /** Sends what has waited, as far as it fits. */
  pump(): void {
    // Who was sent a frame of goes to the end of the set, and so has its next turn in this same loop.
    for (const stream of this.#waiting) {
      if (!this.#hasRoom) return
      this.#takeTurn(stream)
    }
  }

  /** The window of one stream has grown: no other can go on by that, however many wait. */
  pumpStream(stream: ClientStream): void {
    let goesOn = true
    while (goesOn && this.#hasRoom) goesOn = this.#takeTurn(stream)
  }

  get #hasRoom(): boolean {
    return this.#window > 0 && !this.#output.isFull
  }

  /** Sends one frame of the stream, which is the last of the next round then; answers whether one went. */
  #takeTurn(stream: ClientStream): boolean {
    if (!this.#sendNext(stream)) return false
    this.#waiting.delete(stream)
    if (stream.queued !== null) this.#waiting.add(stream)
    return true
  }

  /** Sends one frame of what the stream has queued; answers whether one went. */
  #sendNext(stream: ClientStream): boolean {
    const { queued } = stream
    const data = queued?.[0]
    if (queued === null || data === undefined || !this.#sendFrame(stream, data)) return false
    if (data.offset < data.bytes.length) return true
    queued.shift()
    if (queued.length > 0) return true
    stream.queued = null
    stream.isLocalEnded = data.isEnd
    if (!data.isEnd) stream.onWritable()
    return true
  }

  /** An empty frame needs no window. */
  #sendFrame(stream: ClientStream, data: QueuedData): boolean {
    const left = data.bytes.length - data.offset
    // A window may be below 0, when the server has made it smaller (RFC 9113, section 6.9.2).
    const length = Math.max(0, Math.min(left, this.#window, stream.sendWindow, this.maxFrameBytes))
    if (left > 0 && (length === 0 || this.#output.isFull)) return false
    const flags = data.isEnd && length === left ? Flag.END_STREAM : 0
    this.#writeFrame(stream.streamId, flags, data.bytes.subarray(data.offset, data.offset + length))
    this.#window -= length
    stream.sendWindow -= length
    data.offset += length
    return true
  }

  #writeFrame(streamId: number, flags: number, bytes: Uint8Array): void {
    const copied = bytes.length < largeBytes ? bytes.length : 0
    const offset = this.#output.reserve(frameHeaderBytes + copied)
    const payload = writeFrameHeader(this.#output.buffer, offset, bytes.length, FrameType.DATA, flags, streamId)
    if (copied > 0) this.#output.buffer.set(bytes, payload)
    this.#output.commit(payload + copied)
    if (copied < bytes.length) this.#output.reference(bytes)
  }
}

/** An end goes with the data before it: by itself, it would wait for a window that it does not need. */
function enqueue(queued: QueuedData[], bytes: Uint8Array, isEnd: boolean): void {
  const last = queued.at(-1)!
  if (last.isEnd) return
  if (bytes.length > 0) queued.push({ bytes, offset: 0, isEnd })
  else last.isEnd = isEnd
}
