import { isUtf8 } from 'node:buffer'
import type { JsonBuffer } from './json-buffer.ts'
import { WireError } from './wire-cursor.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** 1 for the bytes that are in a JSON string what they are in UTF-8 text. */
const UNESCAPED = new Uint8Array(256).fill(1, 0x20)
UNESCAPED[QUOTE] = 0
UNESCAPED[BACKSLASH] = 0

/** 1 for those of them that are characters by themselves: ASCII. */
const PLAIN = UNESCAPED.slice().fill(0, 0x80)

/** What is written for each ASCII character, as by JSON.stringify. */
const ESCAPES = Array.from({ length: 0x80 }, (_, code) =>
  Buffer.from(JSON.stringify(String.fromCharCode(code)).slice(1, -1))
)

/** An escape such as `\u0000`, in place of one byte. */
const MAX_ESCAPE_BYTES = 6

/** So many bytes are copied one by one, while they are looked at, before it is tried to copy a run as a whole. */
const CHUNK_BYTES = 128

const replacing = new TextDecoder('utf-8', { ignoreBOM: true })

/**
 * Writes UTF-8 text as a JSON string, with quotes.
 *
 * @param strict whether text that is no UTF-8 is refused; otherwise U+FFFD replaces what is wrong.
 * @throws WireError when it is refused.
 */
export function writeString(out: JsonBuffer, text: Uint8Array, from: number, to: number, strict: boolean): void {
  const start = out.pos
  out.byte(QUOTE)
  let index = writeChunk(out, text, from, Math.min(from + CHUNK_BYTES, to), PLAIN)
  if (index < to && text[index]! < 0x80) index = writeRest(out, text, index, to, PLAIN)
  if (index < to) {
    if (!isUtf8(text.subarray(index, to))) {
      if (strict) throw new WireError('a string is not UTF-8')
      out.pos = start
      writeText(out, replacing.decode(text.subarray(from, to)))
      return
    }
    writeRest(out, text, index, to, UNESCAPED)
  }
  out.byte(QUOTE)
}

/** Writes text as a JSON string, with quotes. */
export function writeText(out: JsonBuffer, text: string): void {
  out.raw(Buffer.from(JSON.stringify(text)))
}

/** Writes text up to a byte that is neither allowed nor ASCII. Returns where it is; `to` when there is none. */
function writeRest(out: JsonBuffer, text: Uint8Array, from: number, to: number, allowed: Uint8Array): number {
  let index = from
  while (index < to) {
    const end = endOfRun(text, index, to, allowed)
    out.rawSlice(text, index, end)
    const chunkEnd = Math.min(end + CHUNK_BYTES, to)
    index = writeChunk(out, text, end, chunkEnd, allowed)
    if (index < chunkEnd) break
  }
  return index
}

/** The same for a few bytes. */
function writeChunk(out: JsonBuffer, text: Uint8Array, from: number, to: number, allowed: Uint8Array): number {
  out.reserve((to - from) * MAX_ESCAPE_BYTES)
  const { bytes } = out
  let { pos } = out
  let index = from
  for (; index < to; index++) {
    const byte = text[index]!
    if (allowed[byte] === 1) {
      bytes[pos++] = byte
      continue
    }
    const escaped = ESCAPES[byte]
    if (escaped === undefined) break
    for (let at = 0; at < escaped.length; at++) bytes[pos++] = escaped[at]!
  }
  out.pos = pos
  return index
}

/** Where the bytes end that are allowed. */
function endOfRun(text: Uint8Array, from: number, to: number, allowed: Uint8Array): number {
  for (let index = from; index < to; index++) {
    if (allowed[text[index]!] === 0) return index
  }
  return to
}
