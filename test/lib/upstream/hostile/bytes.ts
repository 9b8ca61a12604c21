import { Flag, FrameType } from '../../../../lib/upstream/http2/frames.ts'
import { packedHeaders, packedStatus, rawFrame } from '../grpc/servers.ts'
import { frame, settings, uint32 } from '../http2/frame-server.ts'

const { END_HEADERS, END_STREAM } = Flag

/** So many zeros. */
export function zeros(length: number): Buffer {
  return Buffer.alloc(length)
}

/** A header block of literals that enter no table, as it comes: nothing is checked. */
export function block(...pairs: [name: string, value: string][]): Buffer {
  return Buffer.concat(pairs.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]))
}

/** A string of HPACK, not in Huffman's code (RFC 7541, section 5.2). */
function text(content: string): Buffer {
  return Buffer.concat([integer(content.length, 7), Buffer.from(content, 'latin1')])
}

/** An integer of HPACK, with `high` in the bits before its prefix (RFC 7541, section 5.1). */
export function integer(value: number, prefixBits: number, high = 0): Buffer {
  const mask = (1 << prefixBits) - 1
  if (value < mask) return Buffer.from([high | value])
  const octets = [high | mask]
  let left = value - mask
  for (; left >= 0x80; left >>>= 7) octets.push((left & 0x7f) | 0x80)
  return Buffer.from([...octets, left])
}

export function headers(payload: Uint8Array, flags: number = END_HEADERS, streamId = 1): Buffer {
  return frame(FrameType.HEADERS, flags, streamId, payload)
}

/** Headers behind which nothing follows. */
export function lastHeaders(payload: Uint8Array, streamId = 1): Buffer {
  return headers(payload, END_HEADERS | END_STREAM, streamId)
}

export function continuation(payload: Uint8Array, flags = 0, streamId = 1): Buffer {
  return frame(FrameType.CONTINUATION, flags, streamId, payload)
}

export function data(payload: Uint8Array, flags = 0, streamId = 1): Buffer {
  return frame(FrameType.DATA, flags, streamId, payload)
}

/** A payload with its padding, for a frame with PADDED. */
export function padded(payload: Uint8Array, padding: number): Buffer {
  return Buffer.concat([Buffer.from([padding]), payload, zeros(padding)])
}

export function reset(code: number, streamId = 1): Buffer {
  return frame(FrameType.RST_STREAM, 0, streamId, uint32(code))
}

export function windowUpdate(bytes: number, streamId = 1): Buffer {
  return frame(FrameType.WINDOW_UPDATE, 0, streamId, uint32(bytes))
}

export function goaway(lastStreamId: number, code = 0, debug = ''): Buffer {
  return frame(FrameType.GOAWAY, 0, 0, Buffer.concat([uint32(lastStreamId), uint32(code), Buffer.from(debug)]))
}

export function ping(payload: Uint8Array = zeros(8), flags = 0): Buffer {
  return frame(FrameType.PING, flags, 0, payload)
}

export const settingsAck = frame(FrameType.SETTINGS, Flag.ACK, 0)

/** What a server begins with. */
export const opening = Buffer.concat([settings(), settingsAck])

/** The headers of gRPC, a message, and the status of a success. */
export const head = headers(packedHeaders)
export const message = data(rawFrame(Buffer.from('hello')))
export const trailers = lastHeaders(packedStatus(0))

/** A good answer, whole. */
export function goodAnswer(streamId = 1): Buffer {
  return Buffer.concat([
    headers(packedHeaders, END_HEADERS, streamId),
    data(rawFrame(Buffer.from('hello')), 0, streamId),
    lastHeaders(packedStatus(0), streamId)
  ])
}
