import { BACKSLASH, LOWER_U, QUOTE, SPACE } from './characters.ts'
import type { Cursor } from './cursor.ts'
import type { Writer } from './writer.ts'

/** What a backslash and a letter stand for, by the letter (RFC 8259, section 7); 0 for no escape. */
const ESCAPED = new Uint8Array(256)
for (const [letter, meaning] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  ESCAPED[letter!.charCodeAt(0)] = meaning!.charCodeAt(0)
}

/** The value of a hexadecimal digit; 16 for any other byte. */
const HEX = new Uint8Array(256).fill(16)
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16)
  HEX[digit.charCodeAt(0)] = value
  HEX[digit.toUpperCase().charCodeAt(0)] = value
}

/** 1 for the bytes that do not stand for themselves in a string: its end, escapes, and what may not be there. */
const STOPS = new Uint8Array(256).fill(1, 0, SPACE)
STOPS[QUOTE] = 1
STOPS[BACKSLASH] = 1

/** From so many bytes on, the call that copies them at once pays. */
const LONG_RUN = 32

/**
 * Writes what the JSON string at the position means, in UTF-8 behind its length. False when it has a lone surrogate, which
 * is written as if it were a character.
 */
export function writeString(cursor: Cursor, out: Writer): boolean {
  const { bytes } = cursor
  const first = cursor.position + 1
  const end = endOfRun(bytes, first)
  if (bytes[end] === QUOTE) {
    out.reserve(end - first)
    out.varint32(end - first)
    copyRun(bytes, first, end, out)
    cursor.position = end + 1
    return true
  }
  const start = out.beginText()
  const wellFormed = copyString(cursor, out)
  out.endText(start)
  return wellFormed
}

/** As `writeString`, without the length. */
export function copyString(cursor: Cursor, out: Writer): boolean {
  // No escape is shorter than what it stands for.
  out.reserve(cursor.length - cursor.position)
  const { bytes } = cursor
  let wellFormed = true
  cursor.position++
  for (;;) {
    const end = endOfRun(bytes, cursor.position)
    copyRun(bytes, cursor.position, end, out)
    cursor.position = end
    if (bytes[end] === QUOTE) break
    if (bytes[end] !== BACKSLASH) cursor.fail(end)
    if (!copyEscape(cursor, out)) wellFormed = false
  }
  cursor.position++
  return wellFormed
}

/** Where the bytes that stand for themselves end. */
function endOfRun(bytes: Buffer, start: number): number {
  let position = start
  while (STOPS[bytes[position]!] === 0) position++
  return position
}

/** Writes bytes that stand for themselves. There must be room for them. */
function copyRun(from: Buffer, start: number, end: number, out: Writer): void {
  const { bytes: to, position } = out
  if (end - start >= LONG_RUN) {
    from.copy(to, position, start, end)
  } else {
    for (let index = start; index < end; index++) to[position + index - start] = from[index]!
  }
  out.position = position + end - start
}

/** Copies the character that the escape at the position stands for. False when that is a lone surrogate. */
function copyEscape(cursor: Cursor, out: Writer): boolean {
  const { bytes, position } = cursor
  const letter = bytes[position + 1]!
  if (letter !== LOWER_U) {
    if (ESCAPED[letter] === 0) cursor.fail(position + 1)
    out.byte(ESCAPED[letter]!)
    cursor.position = position + 2
    return true
  }
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
  let unit = 0
  for (let index = position; index < position + 4; index++) {
    const digit = HEX[bytes[index]!]!
    if (digit > 15) cursor.fail(index)
    unit = (unit << 4) | digit
  }
  return unit
}

function writeCharacter(out: Writer, code: number): void {
  if (code < 0x80) {
    out.byte(code)
  } else if (code < 0x800) {
    out.byte(0xc0 | (code >> 6))
    out.byte(0x80 | (code & 0x3f))
  } else {
    if (code < 0x10000) {
      out.byte(0xe0 | (code >> 12))
    } else {
      out.byte(0xf0 | (code >> 18))
      out.byte(0x80 | ((code >> 12) & 0x3f))
    }
    out.byte(0x80 | ((code >> 6) & 0x3f))
    out.byte(0x80 | (code & 0x3f))
  }
}

/** What `passString` saw in a string, as bits. */
const PLAIN = 0
const ESCAPES = 1
const BEYOND_ASCII = 2

/** Goes behind the string at the position, and tells what is in it. */
export function passString(cursor: Cursor): number {
  const { bytes } = cursor
  let position = cursor.position + 1
  let seen = PLAIN
  for (;;) {
    const byte = bytes[position]!
    if (byte === QUOTE) break
    if (byte < SPACE) cursor.fail(position)
    if (byte === BACKSLASH) {
      seen |= ESCAPES
      position = passEscape(cursor, position)
    } else {
      if (byte > 0x7f) seen |= BEYOND_ASCII
      position++
    }
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
  if (ESCAPED[letter] === 0) cursor.fail(position + 1)
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
