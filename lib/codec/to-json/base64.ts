import type { JsonBuffer } from './json-buffer.ts'

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
const PADDING = 0x3d
const QUOTE = 0x22

/** Writes bytes as a JSON string in base64 with padding (RFC 4648, section 4), as ProtoJSON has it. */
export function writeBase64(out: JsonBuffer, data: Uint8Array, from: number, to: number): void {
  out.reserve(Math.ceil((to - from) / 3) * 4 + 2)
  const { bytes } = out
  let { pos } = out
  bytes[pos++] = QUOTE
  let index = from
  for (; index + 2 < to; index += 3) {
    const group = (data[index]! << 16) | (data[index + 1]! << 8) | data[index + 2]!
    bytes[pos++] = ALPHABET[group >> 18]!
    bytes[pos++] = ALPHABET[(group >> 12) & 63]!
    bytes[pos++] = ALPHABET[(group >> 6) & 63]!
    bytes[pos++] = ALPHABET[group & 63]!
  }
  if (index < to) {
    const hasTwo = index + 1 < to
    const group = (data[index]! << 16) | (hasTwo ? data[index + 1]! << 8 : 0)
    bytes[pos++] = ALPHABET[group >> 18]!
    bytes[pos++] = ALPHABET[(group >> 12) & 63]!
    bytes[pos++] = hasTwo ? ALPHABET[(group >> 6) & 63]! : PADDING
    bytes[pos++] = PADDING
  }
  bytes[pos++] = QUOTE
  out.pos = pos
}
