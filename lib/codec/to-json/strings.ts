import type { JsonBuffer } from './json-buffer.ts'
import { sequenceLength } from './utf8.ts'
import { WireError } from './wire-cursor.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** 1 for the bytes that are in a JSON string what they are in UTF-8 text. */
const PLAIN = new Uint8Array(256).fill(1, 0x20, 0x80)
PLAIN[QUOTE] = 0
PLAIN[BACKSLASH] = 0

/** What is written for the bytes below 0x80 that are not plain, as JSON.stringify does. */
const ESCAPES = Array.from({ length: 0x80 }, (_, code) =>
  Buffer.from(JSON.stringify(String.fromCharCode(code)).slice(1, -1))
)

const replacing = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Writes UTF-8 text as a JSON string, with quotes.
 *
 * @param strict whether text that is no UTF-8 is refused; otherwise U+FFFD replaces what is wrong.
 * @throws WireError when it is refused.
 */
export function writeString(out: JsonBuffer, text: Uint8Array, from: number, to: number, strict: boolean): void {
  out.reserve(to - from + 2)
  const { bytes, pos: start } = out
  let pos = start
  bytes[pos++] = QUOTE
  for (let index = from; index < to; index++) {
    const byte = text[index]!
    if (PLAIN[byte] === 0) {
      out.pos = pos
      if (writeEscaped(out, text, index, to)) return
      if (strict) throw new WireError('a string is not UTF-8')
      out.pos = start
      writeText(out, replacing.decode(text.subarray(from, to)))
      return
    }
    bytes[pos++] = byte
  }
  bytes[pos++] = QUOTE
  out.pos = pos
}

/** Writes text as a JSON string, with quotes. */
export function writeText(out: JsonBuffer, text: string): void {
  out.raw(Buffer.from(JSON.stringify(text)))
}

/**
 * Writes the rest of a string, from a byte on that is not plain, and the closing quote.
 *
 * @returns false when it is no UTF-8.
 */
function writeEscaped(out: JsonBuffer, text: Uint8Array, from: number, to: number): boolean {
  for (let index = from; index < to; index++) {
    index = writeUnescaped(out, text, index, to)
    if (index === to) break
    const byte = text[index]!
    if (byte >= 0x80) return false
    out.raw(ESCAPES[byte]!)
  }
  out.byte(QUOTE)
  return true
}

/** Writes what needs no escape. Returns where it ends: before an escape or a byte that is no UTF-8, or at `to`. */
function writeUnescaped(out: JsonBuffer, text: Uint8Array, from: number, to: number): number {
  out.reserve(to - from)
  const { bytes } = out
  let { pos } = out
  let index = from
  while (index < to) {
    const byte = text[index]!
    if (byte < 0x80) {
      if (PLAIN[byte] === 0) break
      bytes[pos++] = byte
      index++
      continue
    }
    const end = index + sequenceLength(text, index, to)
    if (end === index) break
    while (index < end) bytes[pos++] = text[index++]!
  }
  out.pos = pos
  return index
}
