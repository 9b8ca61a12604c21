import type { HpackDecoder } from '../hpack/decoder.ts'
import { HpackError } from '../hpack/errors.ts'
import type { HeaderFields } from '../hpack/header-fields.ts'
import { ConnectionError, ErrorCode } from './errors.ts'
import type { FloodGuard } from './flood-guard.ts'
import type { FrameHandler } from './frame-reader.ts'
import { Flag, FrameType } from './frames.ts'

/** What frames say, once their form is known to be right. */
export interface FrameEvents {
  /** The payload of SETTINGS is `bytes[start..end)`. */
  onSettings(bytes: Buffer, start: number, end: number): void
  onSettingsAck(): void
  /** @param payload eight bytes, valid during the call only. */
  onPing(payload: Buffer): void
  onPingAck(): void
  onGoaway(lastStreamId: number, code: number, debug: string): void
  /** @param streamId 0: the connection. */
  onWindowUpdate(streamId: number, bytes: number): void
  onReset(streamId: number, code: number): void
  /** @param fields null: they are larger than we take. */
  onHeaders(streamId: number, fields: HeaderFields | null, isEnd: boolean): void
  /** @param flowBytes what flow control counts: the padding too. */
  onData(streamId: number, bytes: Buffer, flowBytes: number, isEnd: boolean): void
}

export interface FrameParserOptions {
  decoder: HpackDecoder
  guard: FloodGuard
  events: FrameEvents
  /** The most that a header block may have as it comes, in bytes. */
  maxBlockBytes: number
}

/** More frames than this for one header block are made to cost us, not to say something. */
const maxContinuations = 64

/** What of the reason in a GOAWAY is kept. */
const maxDebugBytes = 256

/** The flags and the stream of a header block that goes on in further frames. */
interface OpenBlock {
  streamId: number
  isEnd: boolean
  parts: Buffer[]
  bytes: number
}

/** Reads the frames of RFC 9113, section 6: their sizes, flags and streams, and the header blocks that they make up. */
export class FrameParser implements FrameHandler {
  readonly #decoder: HpackDecoder
  readonly #guard: FloodGuard
  readonly #events: FrameEvents
  readonly #maxBlockBytes: number
  #isFirst = true
  #open: OpenBlock | null = null

  constructor({ decoder, guard, events, maxBlockBytes }: FrameParserOptions) {
    this.#decoder = decoder
    this.#guard = guard
    this.#events = events
    this.#maxBlockBytes = maxBlockBytes
  }

  onFrame(type: number, flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    if (this.#isFirst) this.#checkFirst(type, flags)
    if (this.#open !== null && (type !== FrameType.CONTINUATION || streamId !== this.#open.streamId)) {
      throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'a frame within a header block')
    }
    switch (type) {
      case FrameType.DATA:
        this.#onData(flags, streamId, bytes, start, end)
        break
      case FrameType.HEADERS:
        this.#onHeaders(flags, streamId, bytes, start, end)
        break
      case FrameType.CONTINUATION:
        this.#onContinuation(flags, bytes.subarray(start, end))
        break
      case FrameType.RST_STREAM:
        needStream(streamId)
        needLength(end - start, 4)
        this.#events.onReset(streamId, bytes.readUInt32BE(start))
        break
      case FrameType.SETTINGS:
        this.#onSettings(flags, streamId, bytes, start, end)
        break
      case FrameType.PING:
        this.#onPing(flags, streamId, bytes.subarray(start, end))
        break
      case FrameType.GOAWAY:
        this.#onGoaway(streamId, bytes.subarray(start, end))
        break
      case FrameType.WINDOW_UPDATE:
        needLength(end - start, 4)
        this.#guard.count('windowUpdate')
        this.#events.onWindowUpdate(streamId, bytes.readUInt32BE(start) & 0x7fff_ffff)
        break
      case FrameType.PUSH_PROMISE:
        throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'a push, which we do not allow')
      case FrameType.PRIORITY:
        needStream(streamId)
        needLength(end - start, 5)
        this.#guard.count('ignored')
        break
      default:
        // RFC 9113, section 5.5: what is unknown means nothing.
        this.#guard.count('ignored')
    }
  }

  /** A server begins with its settings (RFC 9113, section 3.4); anything else is another protocol. */
  #checkFirst(type: number, flags: number): void {
    this.#isFirst = false
    if (type === FrameType.SETTINGS && (flags & Flag.ACK) === 0) return
    throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'the upstream does not begin with SETTINGS')
  }

  #onData(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    needStream(streamId)
    const from = (flags & Flag.PADDED) === 0 ? start : start + 1
    const to = end - paddingOf(flags, bytes, start, end)
    if (to < from) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'more padding than frame')
    const isEnd = (flags & Flag.END_STREAM) !== 0
    if (to === from && !isEnd) this.#guard.count('emptyData')
    this.#events.onData(streamId, bytes.subarray(from, to), end - start, isEnd)
  }

  #onHeaders(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    needStream(streamId)
    let from = (flags & Flag.PADDED) === 0 ? start : start + 1
    if ((flags & Flag.PRIORITY) !== 0) from += 5
    if (from > end) throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, 'HEADERS that are too short')
    const to = end - paddingOf(flags, bytes, start, end)
    if (to < from) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'more padding than frame')
    const isEnd = (flags & Flag.END_STREAM) !== 0
    if ((flags & Flag.END_HEADERS) !== 0) this.#decode(streamId, bytes, from, to, isEnd)
    else this.#open = { streamId, isEnd, parts: [Buffer.from(bytes.subarray(from, to))], bytes: to - from }
  }

  #onContinuation(flags: number, part: Buffer): void {
    const open = this.#open
    if (open === null) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'CONTINUATION of nothing')
    open.parts.push(Buffer.from(part))
    open.bytes += part.length
    if (open.bytes > this.#maxBlockBytes || open.parts.length > maxContinuations) {
      throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, 'a header block without end')
    }
    if ((flags & Flag.END_HEADERS) === 0) return
    this.#open = null
    this.#decode(open.streamId, Buffer.concat(open.parts), 0, open.bytes, open.isEnd)
  }

  #decode(streamId: number, block: Buffer, start: number, end: number, isEnd: boolean): void {
    this.#events.onHeaders(streamId, this.#read(block, start, end), isEnd)
  }

  #read(block: Buffer, start: number, end: number): HeaderFields | null {
    try {
      return this.#decoder.decode(block, start, end)
    } catch (error) {
      if (!(error instanceof HpackError)) throw error
      throw new ConnectionError(ErrorCode.COMPRESSION_ERROR, error.message)
    }
  }

  #onSettings(flags: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    needConnection(streamId)
    if ((flags & Flag.ACK) !== 0) {
      needLength(end - start, 0)
      this.#guard.count('ignored')
      this.#events.onSettingsAck()
    } else {
      this.#guard.count('settings')
      this.#events.onSettings(bytes, start, end)
    }
  }

  #onPing(flags: number, streamId: number, payload: Buffer): void {
    needConnection(streamId)
    needLength(payload.length, 8)
    if ((flags & Flag.ACK) !== 0) {
      this.#guard.count('ignored')
      this.#events.onPingAck()
    } else {
      this.#guard.count('ping')
      this.#events.onPing(payload)
    }
  }

  #onGoaway(streamId: number, payload: Buffer): void {
    needConnection(streamId)
    if (payload.length < 8) throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, 'a GOAWAY that is too short')
    this.#guard.count('goaway')
    const debug = payload.toString('latin1', 8, 8 + maxDebugBytes)
    this.#events.onGoaway(payload.readUInt32BE(0) & 0x7fff_ffff, payload.readUInt32BE(4), debug)
  }
}

/** The octets of padding at the end of a frame. */
function paddingOf(flags: number, bytes: Buffer, start: number, end: number): number {
  if ((flags & Flag.PADDED) === 0) return 0
  if (start === end) throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, 'a padded frame without its length')
  return bytes[start]!
}

function needStream(streamId: number): void {
  if (streamId === 0) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'a frame of a stream on stream 0')
}

function needConnection(streamId: number): void {
  if (streamId !== 0) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'a frame of the connection on a stream')
}

function needLength(length: number, needed: number): void {
  if (length !== needed) throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, `${length} bytes, and not ${needed}`)
}
