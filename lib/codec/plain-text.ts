const SPACE = 0x20
const QUOTE = 0x22
const BACKSLASH = 0x5c

/** 1 for the bytes of UTF-8 text that do not stand for themselves in a JSON string (RFC 8259, section 7). */
export const ESCAPED_BYTES: Uint8Array = new Uint8Array(256).fill(1, 0, SPACE)
ESCAPED_BYTES[QUOTE] = 1
ESCAPED_BYTES[BACKSLASH] = 1

/** The same byte four times, as the words below have it. */
const ONES = 0x01010101
const LOW_BITS = 0x7f * ONES
const HIGH_BITS = 0x80 * ONES
/** Flips the bit in which the quote differs from the space: what is escaped but for the backslash is then 0 to 0x20. */
const QUOTES_TO_SPACES = (QUOTE ^ SPACE) * ONES
const BACKSLASHES_TO_ZEROS = BACKSLASH * ONES
/** Sums with these have the highest bit set when the other number, below 0x80, is above 0x20, and when it is not 0. */
const ABOVE_SPACES = (0x7f - SPACE) * ONES
const ABOVE_ZEROS = LOW_BITS

/** The bytes of a text four by four, for `endOfPlain`: those from its first address on that is a multiple of four. */
export function wordsOf(bytes: Uint8Array): Int32Array {
  const first = Math.min(bytesToWords(bytes), bytes.length)
  // Without any there is no word, wherever they would begin.
  if (first === bytes.length) return new Int32Array(0)
  return new Int32Array(bytes.buffer, bytes.byteOffset + first, (bytes.length - first) >>> 2)
}

/** How many bytes come before the first word. */
function bytesToWords(bytes: Uint8Array): number {
  return -bytes.byteOffset & 3
}

/** Where the first byte is that does not stand for itself in a JSON string; `to` when there is none. */
export function endOfPlain(bytes: Uint8Array, words: Int32Array, from: number, to: number): number {
  const first = bytesToWords(bytes)
  const word = Math.max(0, (from - first + 3) >> 2)
  const wordsStart = Math.min(first + 4 * word, to)
  const start = endOfPlainBytes(bytes, from, wordsStart)
  if (start < wordsStart || start === to) return start
  const wordsEnd = endOfPlainWords(words, word, (to - first) >> 2)
  return endOfPlainBytes(bytes, first + 4 * wordsEnd, to)
}

function endOfPlainBytes(bytes: Uint8Array, from: number, to: number): number {
  let index = from
  while (index < to && ESCAPED_BYTES[bytes[index]!] === 0) index++
  return index
}

/** The same for words: the first one with such a byte. All bytes of a word are looked at in one sum. */
function endOfPlainWords(words: Int32Array, from: number, to: number): number {
  let index = from
  for (; index < to; index++) {
    const word = words[index]!
    const above = ((word ^ QUOTES_TO_SPACES) & LOW_BITS) + ABOVE_SPACES
    const other = ((word ^ BACKSLASHES_TO_ZEROS) & LOW_BITS) + ABOVE_ZEROS
    if ((~((above & other) | word) & HIGH_BITS) !== 0) break
  }
  return index
}
