import type { HeaderTemplate, HpackEncoder } from '../hpack/encoder.ts'
import { fieldListBytes, type HeaderFields } from '../hpack/header-fields.ts'
import { ConnectionError, ErrorCode } from './errors.ts'
import { Flag, FrameType, frameHeaderBytes, preface, writeFrameHeader } from './frames.ts'
import type { Output } from './output.ts'

const noBytes = new Uint8Array(0)

/** What a server that does not read may make us keep of our answers to it, in bytes. */
const maxBacklogBytes = 4 * 1024 * 1024

/** Our own PINGs all look the same: there is one at a time. */
const pingPayload = Buffer.from('sluice.1', 'latin1')

/** Writes all frames but DATA: RFC 9113, section 6. */
export class FrameWriter {
  readonly #output: Output
  readonly #encoder: HpackEncoder
  /** The connection's, and behind it that of the request: filled in for each. */
  readonly #templates: HeaderTemplate[]

  /** @param template the headers that all requests begin with. */
  constructor(output: Output, encoder: HpackEncoder, template: HeaderTemplate) {
    this.#output = output
    this.#encoder = encoder
    this.#templates = [template, template]
  }

  preface(settings: Uint8Array): void {
    const offset = this.#output.reserve(preface.length)
    this.#output.buffer.set(preface, offset)
    this.#output.commit(offset + preface.length)
    this.#write(FrameType.SETTINGS, 0, 0, settings)
  }

  /** @throws {ConnectionError} ENHANCE_YOUR_CALM when the server lets the answers pile up */
  settingsAck(): void {
    this.#answer(FrameType.SETTINGS, Flag.ACK, 0, noBytes)
  }

  ping(): void {
    this.#write(FrameType.PING, 0, 0, pingPayload)
  }

  /** @throws {ConnectionError} ENHANCE_YOUR_CALM when the server lets the answers pile up */
  pingAck(payload: Uint8Array): void {
    this.#answer(FrameType.PING, Flag.ACK, 0, payload)
  }

  reset(streamId: number, code: number): void {
    this.#writeNumber(FrameType.RST_STREAM, streamId, code)
  }

  windowUpdate(streamId: number, bytes: number): void {
    this.#writeNumber(FrameType.WINDOW_UPDATE, streamId, bytes)
  }

  /** The server opens no streams, so the last of its is 0. */
  goaway(code: number): void {
    const payload = Buffer.alloc(8)
    payload.writeUInt32BE(code, 4)
    this.#write(FrameType.GOAWAY, 0, 0, payload)
  }

  /** The size of the headers of a request, uncompressed (RFC 9113, section 6.5.2). */
  headerListBytes(template: HeaderTemplate, extra: HeaderFields): number {
    return fieldListBytes(this.#templates[0]!.fields) + fieldListBytes(template.fields) + fieldListBytes(extra)
  }

  /** One frame, and CONTINUATION behind it when the block is larger than a frame may be. */
  headers(
    streamId: number,
    template: HeaderTemplate,
    extra: HeaderFields,
    isEnd: boolean,
    maxFrameBytes: number
  ): void {
    this.#templates[1] = template
    const most = this.#encoder.maxLength(this.#templates, extra)
    const endStream = isEnd ? Flag.END_STREAM : 0
    const offset = this.#output.reserve(frameHeaderBytes + most)
    const { buffer } = this.#output
    const start = offset + frameHeaderBytes
    const end = this.#encoder.write(buffer, start, this.#templates, extra)
    if (end - start > maxFrameBytes) {
      // The room is not committed, and the parts are written over it: they need a copy.
      this.#writeParts(streamId, Buffer.from(buffer.subarray(start, end)), endStream, maxFrameBytes)
      return
    }
    writeFrameHeader(buffer, offset, end - start, FrameType.HEADERS, endStream | Flag.END_HEADERS, streamId)
    this.#output.commit(end)
  }

  #answer(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    if (this.#output.backlog > maxBacklogBytes) {
      throw new ConnectionError(ErrorCode.ENHANCE_YOUR_CALM, 'the server asks, and does not read the answers')
    }
    this.#write(type, flags, streamId, payload)
  }

  #writeParts(streamId: number, block: Buffer, endStream: number, maxFrameBytes: number): void {
    for (let at = 0; at < block.length; at += maxFrameBytes) {
      const endHeaders = at + maxFrameBytes >= block.length ? Flag.END_HEADERS : 0
      const part = block.subarray(at, at + maxFrameBytes)
      if (at === 0) this.#write(FrameType.HEADERS, endStream | endHeaders, streamId, part)
      else this.#write(FrameType.CONTINUATION, endHeaders, streamId, part)
    }
  }

  #write(type: number, flags: number, streamId: number, payload: Uint8Array): void {
    const offset = this.#output.reserve(frameHeaderBytes + payload.length)
    const start = writeFrameHeader(this.#output.buffer, offset, payload.length, type, flags, streamId)
    this.#output.buffer.set(payload, start)
    this.#output.commit(start + payload.length)
  }

  #writeNumber(type: number, streamId: number, value: number): void {
    const offset = this.#output.reserve(frameHeaderBytes + 4)
    const start = writeFrameHeader(this.#output.buffer, offset, 4, type, 0, streamId)
    this.#output.commit(this.#output.buffer.writeUInt32BE(value, start))
  }
}
