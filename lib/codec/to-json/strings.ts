import { isUtf8 } from 'node:buffer'
import { ESCAPED_BYTES, endOfPlain, wordsOf } from '../plain-text.ts'
import type { JsonBuffer } from './json-buffer.ts'
import { WireError } from './wire-cursor.ts'

const QUOTE = 0x22
const BACKSLASH = 0x5c
const LOWER_U = 0x75
const ZERO = 0x30

/** How a byte is written: as it is, as `\u` and four digits, or else behind a backslash as the letter with that number. */
const ITSELF = 0
const CODE = 1
/** It is no character by itself. */
const BEYOND_ASCII = 2

/** The forms of the bytes of UTF-8 text, as JSON.stringify writes them. */
const FORMS = new Uint8Array(256)
for (let byte = 0; byte < 0x80; byte++) {
  const letters = JSON.stringify(String.fromCharCode(byte)).slice(2, -1)
  if (ESCAPED_BYTES[byte] === 1) FORMS[byte] = letters.length === 1 ? letters.charCodeAt(0) : CODE
}

/** The same as long as nobody knows whether it is UTF-8. */
const ASCII_FORMS = FORMS.slice().fill(BEYOND_ASCII, 0x80)

const DIGITS = Buffer.from('0123456789abcdef')

/** An escape such as `\u0000`, in place of one byte. */
const MAX_ESCAPE_BYTES = 6

/** In text that may be no UTF-8, so many bytes are copied one by one while they are looked at, before the rest is checked. */
const FIRST_BYTES = 256

/** From so many bytes on, copying runs as a whole pays in text that is known to be UTF-8. */
const LONG_BYTES = 80

/** So many bytes are copied one by one between two runs. */
const CHUNK_BYTES = 128

/** So many at most are copied one by one in a loop that knows no escapes, which is the fastest. */
const LOOPED_BYTES = 16

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
  const index = writeChunk(out, text, from, Math.min(from + FIRST_BYTES, to), ASCII_FORMS)
  if (index < to) {
    if (!isUtf8(text.subarray(index, to))) {
      if (strict) throw new WireError('a string is not UTF-8')
      out.pos = start
      writeText(out, replacing.decode(text.subarray(from, to)))
      return
    }
    if (to - index > LONG_BYTES) writeRuns(out, text, index, to)
    else writeChunk(out, text, index, to, FORMS)
  }
  out.byte(QUOTE)
}

/** Writes text as a JSON string, with quotes. */
export function writeText(out: JsonBuffer, text: string): void {
  out.raw(Buffer.from(JSON.stringify(text)))
}

/** Writes what is UTF-8, and long. */
function writeRuns(out: JsonBuffer, text: Uint8Array, from: number, to: number): void {
  const words = wordsOf(text)
  let index = from
  while (index < to) {
    const end = endOfPlain(text, words, index, to)
    out.rawSlice(text, index, end)
    index = writeChunk(out, text, end, Math.min(end + CHUNK_BYTES, to), FORMS)
  }
}

/** Writes a few bytes up to one that is `BEYOND_ASCII`. Returns where it is; `to` when there is none. */
function writeChunk(out: JsonBuffer, text: Uint8Array, from: number, to: number, forms: Uint8Array): number {
  out.reserve((to - from) * MAX_ESCAPE_BYTES)
  const { bytes } = out
  let { pos } = out
  let index = from
  while (index < to) {
    const loopEnd = Math.min(index + LOOPED_BYTES, to)
    let byte = 0
    let form = ITSELF
    for (; index < loopEnd; index++) {
      byte = text[index]!
      form = forms[byte]!
      if (form !== ITSELF) break
      bytes[pos++] = byte
    }
    if (form === ITSELF) continue
    if (form === BEYOND_ASCII) break
    index++
    bytes[pos++] = BACKSLASH
    if (form !== CODE) {
      bytes[pos++] = form
      continue
    }
    bytes[pos++] = LOWER_U
    bytes[pos++] = ZERO
    bytes[pos++] = ZERO
    bytes[pos++] = DIGITS[byte >> 4]!
    bytes[pos++] = DIGITS[byte & 15]!
  }
  out.pos = pos
  return index
}
