import { ESCAPED_BYTES, endOfPlain } from '../plain-text.ts'
import { BACKSLASH, LOWER_U, QUOTE } from './characters.ts'
import type { Cursor } from './cursor.ts'
import type { Writer } from './writer.ts'

/** What a backslash and a letter stand for, by the letter (RFC 8259, section 7); 0 for no escape. */
const MEANINGS = new Uint8Array(256)
for (const [letter, meaning] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  MEANINGS[letter!.charCodeAt(0)] = meaning!.charCodeAt(0)
}

/** The value of a hexadecimal digit; -1 for any other byte. */
const HEX = new Int8Array(256).fill(-1)
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16)
  HEX[digit.charCodeAt(0)] = value
  HEX[digit.toUpperCase().charCodeAt(0)] = value
}

/** From so many bytes on, the call that copies them at once pays. */
const LONG_RUN = 32
/** After so many bytes were looked at one by one, it pays to look at four at once: most strings are shorter. */
const SCANNED_BYTES = 128
/** The same for bytes that are copied one by one while they are looked at. */
const COPIED_BYTES = 16

/**
 * Writes what the JSON string at the position means, in UTF-8 behind its length. False when it has a lone surrogate, which
 * is written as if it were a character.
 */
export function writeString(cursor: Cursor, out: Writer): boolean {
  const { bytes } = cursor
  const first = cursor.position + 1
  const end = endOfRun(cursor, first)
  if (bytes[end] === QUOTE) {
    out.reserve(end - first)
    out.varint32(end - first)
    copyRun(bytes, first, end, out.bytes, out.position)
    out.position += end - first
    cursor.position = end + 1
    return true
  }
  const start = out.beginText()
  const wellFormed = copyString(cursor, out, end)
  out.endText(start)
  return wellFormed
}

/**
 * As `writeString`, without the length.
 *
 * @param plainEnd up to where the bytes are known to stand for themselves. Default: none are.
 */
export function copyString(cursor: Cursor, out: Writer, plainEnd: number = cursor.position + 1): boolean {
  // No escape is shorter than what it stands for.
  out.reserve(cursor.length - cursor.position)
  const { bytes: from } = cursor
  const { bytes: to } = out
  const first = cursor.position + 1
  copyRun(from, first, plainEnd, to, out.position)
  let read = plainEnd
  let written = out.position + plainEnd - first
  let wellFormed = true
  for (;;) {
    const chunkEnd = read + COPIED_BYTES
    while (read < chunkEnd && ESCAPED_BYTES[from[read]!] === 0) to[written++] = from[read++]!
    if (read === chunkEnd) {
      const end = endOfPlain(from, cursor.words, read, cursor.length)
      copyRun(from, read, end, to, written)
      written += end - read
      read = end
    }
    const meaning = from[read] === BACKSLASH ? MEANINGS[from[read + 1]!]! : 0
    if (meaning !== 0) {
      to[written++] = meaning
      read += 2
      continue
    }
    cursor.position = read
    out.position = written
    if (from[read] === QUOTE) break
    if (!copyCodePoint(cursor, out)) wellFormed = false
    read = cursor.position
    written = out.position
  }
  cursor.position++
  return wellFormed
}

/** Where the bytes that stand for themselves end. */
function endOfRun(cursor: Cursor, start: number): number {
  const { bytes } = cursor
  const chunkEnd = start + SCANNED_BYTES
  for (let position = start; position < chunkEnd; position++) {
    if (ESCAPED_BYTES[bytes[position]!] === 1) return position
  }
  return endOfPlain(bytes, cursor.words, chunkEnd, cursor.length)
}

/** Copies bytes that stand for themselves. */
function copyRun(from: Buffer, start: number, end: number, to: Buffer, position: number): void {
  if (end - start >= LONG_RUN) {
    from.copy(to, position, start, end)
  } else {
    for (let index = start; index < end; index++) to[position + index - start] = from[index]!
  }
}

/** Copies the character of the `\u` at the position, where nothing else may be. False when that is a lone surrogate. */
function copyCodePoint(cursor: Cursor, out: Writer): boolean {
  const { bytes, position } = cursor
  if (bytes[position] !== BACKSLASH) cursor.fail(position)
  if (bytes[position + 1] !== LOWER_U) cursor.fail(position + 1)
  const unit = hexUnit(cursor, position + 2)
  cursor.position = position + 6
  const second = unit >= 0xd800 && unit < 0xdc00 ? lowSurrogate(cursor) : 0
  if (second === 0) {
    writeCharacter(out, unit)
    return unit < 0xd800 || unit > 0xdfff
  }
  cursor.position = position + 12
  writeCharacter(out, 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00))
  return true
}

/** The second half of a pair of surrogates when there is one at the position, or 0. */
function lowSurrogate(cursor: Cursor): number {
  const { bytes, position } = cursor
  if (bytes[position] !== BACKSLASH || bytes[position + 1] !== LOWER_U) return 0
  const unit = hexUnit(cursor, position + 2)
  return unit >= 0xdc00 && unit <= 0xdfff ? unit : 0
}

/** The four hexadecimal digits of an escape. */
function hexUnit(cursor: Cursor, position: number): number {
  const { bytes } = cursor
  const upper = (HEX[bytes[position]!]! << 4) | HEX[bytes[position + 1]!]!
  // The second two are only there when the first two are: behind the end of the text is no digit.
  if (upper < 0) failAtDigit(cursor, position)
  const lower = (HEX[bytes[position + 2]!]! << 4) | HEX[bytes[position + 3]!]!
  if (lower < 0) failAtDigit(cursor, position + 2)
  return (upper << 8) | lower
}

/** @throws BindError INVALID_JSON: this byte is no digit, or the next one. */
function failAtDigit(cursor: Cursor, position: number): never {
  cursor.fail(HEX[cursor.bytes[position]!]! < 0 ? position : position + 1)
}

function writeCharacter(out: Writer, code: number): void {
  const { bytes } = out
  let { position } = out
  if (code < 0x80) {
    bytes[position++] = code
  } else if (code < 0x800) {
    bytes[position++] = 0xc0 | (code >> 6)
    bytes[position++] = 0x80 | (code & 0x3f)
  } else {
    if (code < 0x10000) {
      bytes[position++] = 0xe0 | (code >> 12)
    } else {
      bytes[position++] = 0xf0 | (code >> 18)
      bytes[position++] = 0x80 | ((code >> 12) & 0x3f)
    }
    bytes[position++] = 0x80 | ((code >> 6) & 0x3f)
    bytes[position++] = 0x80 | (code & 0x3f)
  }
  out.position = position
}

/** What may be in a string that `passString` went behind, as bits. */
const PLAIN = 0
const ESCAPES = 1
const BEYOND_ASCII = 2

/** Goes behind the string at the position, and tells what may be in it. */
export function passString(cursor: Cursor): number {
  const { bytes } = cursor
  let position = cursor.position + 1
  let seen = PLAIN
  for (;;) {
    const chunkEnd = position + SCANNED_BYTES
    let all = 0
    for (; position < chunkEnd; position++) {
      const byte = bytes[position]!
      if (ESCAPED_BYTES[byte] === 1) break
      all |= byte
    }
    if (position === chunkEnd) {
      position = endOfPlain(bytes, cursor.words, position, cursor.length)
      all = 0xff
    }
    if (all > 0x7f) seen |= BEYOND_ASCII
    if (bytes[position] === QUOTE) break
    if (bytes[position] !== BACKSLASH) cursor.fail(position)
    seen |= ESCAPES
    position = passEscape(cursor, position)
  }
  cursor.position = position + 1
  return seen
}

function passEscape(cursor: Cursor, position: number): number {
  const letter = cursor.bytes[position + 1]!
  if (letter === LOWER_U) {
    hexUnit(cursor, position + 2)
    return position + 6
  }
  if (MEANINGS[letter] === 0) cursor.fail(position + 1)
  return position + 2
}

/** Reads the string at the position as one of JavaScript: a name, or what is told of in an error text. */
export function readName(cursor: Cursor): string {
  const { bytes, position: start } = cursor
  const seen = passString(cursor)
  const end = cursor.position
  if (seen === PLAIN) return bytes.toString('latin1', start + 1, end - 1)
  if (seen === BEYOND_ASCII) return bytes.toString('utf8', start + 1, end - 1)
  const { unescaped } = cursor
  cursor.position = start
  unescaped.start()
  const wellFormed = copyString(cursor, unescaped)
  if (wellFormed) return unescaped.bytes.toString('utf8', 0, unescaped.position)
  return JSON.parse(bytes.toString('utf8', start, end)) as string
}

/** Reads the string at a place that has been read before. */
export function readNameAt(cursor: Cursor, place: number): string {
  const { position } = cursor
  cursor.position = place
  const name = readName(cursor)
  cursor.position = position
  return name
}

/** Reads the key at the position. */
export function readKey(cursor: Cursor): string {
  if (cursor.byte !== QUOTE) cursor.fail(cursor.position)
  return readName(cursor)
}

/** Reads the string at the position to `cursor.text`, for those who look for something in it. */
export function readText(cursor: Cursor): void {
  const { position: start, text } = cursor
  if ((passString(cursor) & ESCAPES) === 0) {
    text.bytes = cursor.bytes
    text.start = start + 1
    text.end = cursor.position - 1
  } else {
    const { unescaped } = cursor
    cursor.position = start
    unescaped.start()
    copyString(cursor, unescaped)
    text.bytes = unescaped.bytes
    text.start = 0
    text.end = unescaped.position
  }
}
