/** The types of frames: RFC 9113, section 6. */
export const FrameType = {
  DATA: 0x0,
  HEADERS: 0x1,
  PRIORITY: 0x2,
  RST_STREAM: 0x3,
  SETTINGS: 0x4,
  PUSH_PROMISE: 0x5,
  PING: 0x6,
  GOAWAY: 0x7,
  WINDOW_UPDATE: 0x8,
  CONTINUATION: 0x9
} as const

export const Flag = {
  /** Of SETTINGS and PING. */
  ACK: 0x1,
  /** Of DATA and HEADERS. */
  END_STREAM: 0x1,
  END_HEADERS: 0x4,
  PADDED: 0x8,
  PRIORITY: 0x20
} as const

/** What every client begins with: RFC 9113, section 3.4. */
export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

/** Length, type, flags and stream id: RFC 9113, section 4.1. */
export const frameHeaderBytes = 9

/** The most that a frame may hold unless its receiver allows more: RFC 9113, section 4.2. */
export const defaultMaxFrameBytes = 16_384

/** Windows and stream ids have 31 bits. */
export const maxWindowBytes = 2 ** 31 - 1
export const maxStreamId = 2 ** 31 - 1

/** The window of connection and streams that nothing else was said of: RFC 9113, section 6.9.2. */
export const defaultWindowBytes = 65_535

/** Writes the header of a frame, and answers where its payload begins. */
export function writeFrameHeader(
  target: Buffer,
  offset: number,
  length: number,
  type: number,
  flags: number,
  streamId: number
): number {
  target[offset] = length >>> 16
  target[offset + 1] = length >>> 8
  target[offset + 2] = length
  target[offset + 3] = type
  target[offset + 4] = flags
  target[offset + 5] = streamId >>> 24
  target[offset + 6] = streamId >>> 16
  target[offset + 7] = streamId >>> 8
  target[offset + 8] = streamId
  return offset + frameHeaderBytes
}
