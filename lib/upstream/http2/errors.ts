/** The error codes of HTTP/2: RFC 9113, section 7. */
export const ErrorCode = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd
} as const

const names = new Map<number, string>(Object.entries(ErrorCode).map(([name, code]) => [code, name]))

/** The name of a code, or its number when it has none. */
export function errorCodeName(code: number): string {
  return names.get(code) ?? `0x${code.toString(16)}`
}

/** The peer breaks the rules of HTTP/2: the connection ends, and the peer is told this code. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError'
  readonly code: number

  constructor(code: number, problem: string, cause?: unknown) {
    super(`${problem} (${errorCodeName(code)})`, { cause })
    this.code = code
  }
}

/** Who ended a stream: the server by a reset, we ourselves, or what ended its connection. */
export type StreamErrorOrigin = 'peer' | 'local' | 'connection'

/** Why a stream ended without its answer. */
export class StreamError extends Error {
  override readonly name = 'StreamError'
  readonly code: number
  readonly origin: StreamErrorOrigin
  /** The server has certainly not begun with it: it may be sent again, whatever it asks for. */
  readonly isUnprocessed: boolean

  constructor(code: number, origin: StreamErrorOrigin, isUnprocessed: boolean, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
    this.origin = origin
    this.isUnprocessed = isUnprocessed
  }
}
