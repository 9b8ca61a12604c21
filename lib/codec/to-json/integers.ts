import type { JsonBuffer } from './json-buffer.ts'

const ZERO = 0x30
const MINUS = 0x2d
const WORD = 2 ** 32

/** Long numbers are written in parts of this many digits, as a part fits into 32 bits. */
const PART_DIGITS = 9
const PART = 10 ** PART_DIGITS

/** The digits of 2^64 - 1, and a sign. */
const MAX_CHARACTERS = 21

/** Writes an integer of 32 bits, signed. */
export function writeInt32(out: JsonBuffer, value: number): void {
  out.reserve(MAX_CHARACTERS)
  if (value < 0) {
    out.bytes[out.pos++] = MINUS
    writeDigits(out, -value)
  } else {
    writeDigits(out, value)
  }
}

/** Writes an integer of 32 bits, unsigned. */
export function writeUint32(out: JsonBuffer, value: number): void {
  out.reserve(MAX_CHARACTERS)
  writeDigits(out, value)
}

/** Writes an integer of 64 bits, signed, given as two words of 32. */
export function writeInt64(out: JsonBuffer, low: number, high: number): void {
  if (high >= 0) {
    writeUint64(out, low, high)
    return
  }
  out.byte(MINUS)
  // Two's complement: the bits inverted, plus one, which carries over when the lower word is zero.
  writeUint64(out, -low, low === 0 ? -high : ~high)
}

/** Writes an integer of 64 bits, unsigned, given as two words of 32. */
export function writeUint64(out: JsonBuffer, low: number, high: number): void {
  out.reserve(MAX_CHARACTERS)
  const value = (high >>> 0) * WORD + (low >>> 0)
  if (value < WORD) {
    writeDigits(out, value)
  } else if (value <= Number.MAX_SAFE_INTEGER) {
    const quotient = Math.floor(value / PART)
    writeDigits(out, quotient)
    writePadded(out, value - quotient * PART, PART_DIGITS)
  } else {
    writeLong(out, low >>> 0, high >>> 0)
  }
}

/** Writes an integer beyond 2^53, by long division by a part, 16 bits at a time, so that no step is beyond 2^53. */
function writeLong(out: JsonBuffer, low: number, high: number): void {
  const first = Math.floor(high / PART)
  const middle = (high - first * PART) * 0x10000 + (low >>> 16)
  const second = Math.floor(middle / PART)
  const last = (middle - second * PART) * 0x10000 + (low & 0xffff)
  const third = Math.floor(last / PART)
  const quotient = first * WORD + second * 0x10000 + third
  const upper = Math.floor(quotient / PART)
  if (upper > 0) {
    writeDigits(out, upper)
    writePadded(out, quotient - upper * PART, PART_DIGITS)
  } else {
    writeDigits(out, quotient)
  }
  writePadded(out, last - third * PART, PART_DIGITS)
}

/** Whether an integer of 64 bits, signed, is one that JavaScript's numbers hold exactly, up to 2^53 - 1. */
export function isSafeInt64(low: number, high: number): boolean {
  return Number.isSafeInteger(high * WORD + (low >>> 0))
}

/** The same of an unsigned one. */
export function isSafeUint64(low: number, high: number): boolean {
  return isSafeInt64(low, high >>> 0)
}

function writeDigits(out: JsonBuffer, value: number): void {
  writePadded(out, value, value < 10 ? 1 : countDigits(value))
}

function countDigits(value: number): number {
  if (value < 100_000) {
    if (value < 100) return 2
    if (value < 1000) return 3
    return value < 10_000 ? 4 : 5
  }
  if (value < 10_000_000) return value < 1_000_000 ? 6 : 7
  if (value < 100_000_000) return 8
  return value < 1_000_000_000 ? 9 : 10
}

/** Writes an integer below 2^32 with exactly so many digits. There must be room for them. */
export function writePadded(out: JsonBuffer, value: number, digits: number): void {
  const { bytes, pos: start } = out
  let rest = value >>> 0
  for (let pos = start + digits - 1; pos >= start; pos--) {
    const quotient = (rest / 10) >>> 0
    bytes[pos] = ZERO + rest - quotient * 10
    rest = quotient
  }
  out.pos = start + digits
}
