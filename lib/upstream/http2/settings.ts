import { ConnectionError, ErrorCode } from './errors.ts'
import { defaultMaxFrameBytes, defaultWindowBytes, maxWindowBytes } from './frames.ts'

/** The identifiers of settings: RFC 9113, section 6.5.2. */
export const SettingId = {
  HEADER_TABLE_SIZE: 0x1,
  ENABLE_PUSH: 0x2,
  MAX_CONCURRENT_STREAMS: 0x3,
  INITIAL_WINDOW_SIZE: 0x4,
  MAX_FRAME_SIZE: 0x5,
  MAX_HEADER_LIST_SIZE: 0x6
} as const

/** An identifier of 16 bits and a value of 32. */
const settingBytes = 6

/** What the server asks us to keep to. */
export interface PeerSettings {
  headerTableBytes: number
  /** The least that a payload said on the way to it: what was in the table beyond that is gone (RFC 7541, section 4.2). */
  leastHeaderTableBytes: number
  maxConcurrentStreams: number
  initialWindowBytes: number
  maxFrameBytes: number
  /** The most that the headers of a request may have, each field with 32 more. */
  maxHeaderListBytes: number
}

/** What holds unless the server says otherwise (RFC 9113, section 6.5.2): it may take any number of streams. */
export const initialPeerSettings: Readonly<PeerSettings> = {
  headerTableBytes: 4_096,
  leastHeaderTableBytes: 4_096,
  maxConcurrentStreams: Number.POSITIVE_INFINITY,
  initialWindowBytes: defaultWindowBytes,
  maxFrameBytes: defaultMaxFrameBytes,
  maxHeaderListBytes: Number.POSITIVE_INFINITY
}

/**
 * The payload of our SETTINGS: nothing is to be pushed.
 *
 * @param windowBytes what we take on each stream.
 * @param maxHeaderListBytes the most that the headers of an answer may have, each field with 32 more.
 */
export function clientSettings(windowBytes: number, maxHeaderListBytes: number): Buffer {
  const settings = [
    [SettingId.ENABLE_PUSH, 0],
    [SettingId.INITIAL_WINDOW_SIZE, windowBytes],
    [SettingId.MAX_HEADER_LIST_SIZE, maxHeaderListBytes]
  ] as const
  const payload = Buffer.alloc(settings.length * settingBytes)
  for (const [at, [id, value]] of settings.entries()) {
    payload.writeUInt16BE(id, at * settingBytes)
    payload.writeUInt32BE(value, at * settingBytes + 2)
  }
  return payload
}

/**
 * What the settings are after this payload; those that are unknown mean nothing.
 *
 * @throws {ConnectionError} for a value that is not allowed, with the code that belongs to it
 */
export function applySettings(before: PeerSettings, bytes: Buffer, start: number, end: number): PeerSettings {
  if ((end - start) % settingBytes !== 0)
    throw new ConnectionError(ErrorCode.FRAME_SIZE_ERROR, 'SETTINGS of an odd size')
  const settings = { ...before, leastHeaderTableBytes: before.headerTableBytes }
  for (let at = start; at < end; at += settingBytes) {
    apply(settings, bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2))
  }
  return settings
}

function apply(settings: PeerSettings, id: number, value: number): void {
  switch (id) {
    case SettingId.HEADER_TABLE_SIZE:
      settings.headerTableBytes = value
      settings.leastHeaderTableBytes = Math.min(settings.leastHeaderTableBytes, value)
      return
    case SettingId.ENABLE_PUSH:
      // Only a client may be pushed to.
      if (value !== 0) throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, 'a server that wants to be pushed to')
      return
    case SettingId.MAX_CONCURRENT_STREAMS:
      settings.maxConcurrentStreams = value
      return
    case SettingId.INITIAL_WINDOW_SIZE:
      if (value > maxWindowBytes) throw new ConnectionError(ErrorCode.FLOW_CONTROL_ERROR, 'a window above 2^31 - 1')
      settings.initialWindowBytes = value
      return
    case SettingId.MAX_FRAME_SIZE:
      if (value < defaultMaxFrameBytes || value > 2 ** 24 - 1) {
        throw new ConnectionError(ErrorCode.PROTOCOL_ERROR, `frames of ${value} bytes`)
      }
      settings.maxFrameBytes = value
      return
    case SettingId.MAX_HEADER_LIST_SIZE:
      settings.maxHeaderListBytes = value
  }
}
