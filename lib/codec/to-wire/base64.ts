import { MINUS, QUOTE } from './characters.ts'
import type { Text } from './cursor.ts'
import { DEFAULT, type ReadValue, WRITTEN } from './outcome.ts'
import { refuse, refuseFrom } from './skip.ts'
import { readText } from './strings.ts'
import type { Writer } from './writer.ts'

const PADDING = 0x3d
const UNDERSCORE = 0x5f

/** The value of a digit of either alphabet of base64 (RFC 4648, sections 4 and 5); 64 for any other byte. */
const DIGITS = new Uint8Array(256).fill(64)
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
for (const alphabet of [`${ALPHABET}+/`, `${ALPHABET}-_`]) {
  for (let value = 0; value < 64; value++) DIGITS[alphabet.charCodeAt(value)] = value
}

/** From so many digits on, the calls that make a string of them and decode it pay. */
const LONG_TEXT = 256

/** The longest part, a multiple of 4, that is made one string: memory for long ones would cost more than what is in them. */
const PART_DIGITS = 16 * 1024

const DESCRIPTION = 'must be bytes in base64'

/** Reads bytes in base64 of either alphabet. Padding is optional; where there is some, it is all there. */
export const readBytes: ReadValue = (cursor, out) => {
  if (cursor.byte !== QUOTE) return refuse(cursor, DESCRIPTION)
  const before = cursor.position
  readText(cursor)
  const { text } = cursor
  const padded = (text.end - text.start) % 4 === 0
  let { end } = text
  // As much padding as fills the last four digits up; more, or less, is left over and is no digit.
  if (padded && end > text.start && text.bytes[end - 1] === PADDING) end--
  if (padded && end < text.end && text.bytes[end - 1] === PADDING) end--
  if ((end - text.start) % 4 === 1) return refuseFrom(cursor, before, DESCRIPTION)
  out.reserve(end - text.start)
  const start = out.beginText()
  const fits = end - text.start < LONG_TEXT ? decode(text, end, out) : decodeParts(text, end, out)
  out.endText(start)
  if (!fits) return refuseFrom(cursor, before, DESCRIPTION)
  return end === text.start ? DEFAULT : WRITTEN
}

/** Writes what the digits of a text mean. False when one of them is none. */
function decode(text: Text, end: number, out: Writer): boolean {
  const { bytes: from } = text
  const { bytes: to } = out
  let written = out.position
  let read = text.start
  let all = 0
  for (; read + 4 <= end; read += 4) {
    const a = DIGITS[from[read]!]!
    const b = DIGITS[from[read + 1]!]!
    const c = DIGITS[from[read + 2]!]!
    const d = DIGITS[from[read + 3]!]!
    all |= a | b | c | d
    to[written++] = (a << 2) | (b >> 4)
    to[written++] = (b << 4) | (c >> 2)
    to[written++] = (c << 6) | d
  }
  if (read < end) {
    const a = DIGITS[from[read]!]!
    const b = DIGITS[from[read + 1]!]!
    const c = read + 2 < end ? DIGITS[from[read + 2]!]! : 0
    all |= a | b | c
    to[written++] = (a << 2) | (b >> 4)
    if (read + 2 < end) to[written++] = (b << 4) | (c >> 2)
  }
  out.position = written
  return all < 64
}

/** The same for a long text. */
function decodeParts({ bytes, start }: Text, end: number, out: Writer): boolean {
  const alphabet = isUrlSafe(bytes.subarray(start, end)) ? 'base64url' : 'base64'
  for (let from = start; from < end; from += PART_DIGITS) {
    const to = Math.min(from + PART_DIGITS, end)
    const part = bytes.toString('latin1', from, to)
    const written = out.bytes.write(part, out.position, alphabet)
    // What is no digit is passed over, so that less is written. Digits of the other alphabet are not, but take longer.
    if (written !== Math.floor(((to - from) * 3) / 4)) return false
    out.position += written
  }
  return true
}

function isUrlSafe(digits: Buffer): boolean {
  return digits.includes(MINUS) || digits.includes(UNDERSCORE)
}
