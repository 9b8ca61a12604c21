import type { JsonBuffer } from './json-buffer.ts'

const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
const PADDING = 0x3d
const QUOTE = 0x22

/** From so many bytes on, the calls that make a string of them and write it pay. */
const LONG_BYTES = 320

/** The longest part, a multiple of 3, that is made one string: memory for long ones would cost more than what is in them. */
const PART_BYTES = 12 * 1024

/** Writes bytes as a JSON string in base64 with padding (RFC 4648, section 4), as ProtoJSON has it. */
export function writeBase64(out: JsonBuffer, data: Uint8Array, from: number, to: number): void {
  out.reserve(Math.ceil((to - from) / 3) * 4 + 2)
  out.bytes[out.pos++] = QUOTE
  if (to - from < LONG_BYTES) writeGroups(out, data, from, to)
  else writeParts(out, data, from, to)
  out.bytes[out.pos++] = QUOTE
}

function writeParts(out: JsonBuffer, data: Uint8Array, from: number, to: number): void {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length)
  for (let start = from; start < to; start += PART_BYTES) {
    const part = bytes.toString('base64', start, Math.min(start + PART_BYTES, to))
    out.pos += out.bytes.write(part, out.pos, 'latin1')
  }
}

function writeGroups(out: JsonBuffer, data: Uint8Array, from: number, to: number): void {
  const { bytes } = out
  let { pos } = out
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
  out.pos = pos
}
