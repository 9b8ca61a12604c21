import { isDigit, LOWER_E, MINUS, PLUS, POINT, UPPER_E, ZERO } from './characters.ts'
import type { Text } from './cursor.ts'

/**
 * How integers may be written. `strict`: as `-?(0|[1-9][0-9]*)` without minus zero, and numbers of 64 bits beyond 2^53 - 1
 * only as strings. `protojson`: as any JSON number that is an integer, `1e2` and `1.0` too.
 */
export type IntegerStyle = 'strict' | 'protojson'

/** An integer of up to 64 bits, as its sign and its magnitude in halves of 32 bits. */
export interface Decimal {
  negative: boolean
  low: number
  high: number
}

const TWO_32 = 2 ** 32

/** As many digits as the largest integer of 64 bits has. */
const MAX_DIGITS = 20

/** As many digits are exact in a double, with room to add the others. */
const HEAD_DIGITS = 15

/** Larger exponents than this make no difference: no text has so many digits. */
const MAX_EXPONENT = 1e9

/** The parts of a number in a text: where its digits begin and end, and what its exponent is. */
interface Parts {
  negative: boolean
  /** The digits in front of the point. */
  start: number
  end: number
  /** The digits behind the point. */
  fractionStart: number
  fractionEnd: number
  exponent: number
}

/** Parses an integer, exactly. Undefined when the whole text is not one, or does not fit 64 bits. */
export function parseDecimal(text: Text, style: IntegerStyle): Decimal | undefined {
  const parts = partsOf(text)
  if (parts === undefined) return undefined
  if (style === 'protojson') return integerOf(text.bytes, parts)
  const { negative, start, end } = parts
  // Nothing but digits, and no minus zero.
  if (end !== text.end || (negative && text.bytes[start] === ZERO)) return undefined
  return integerOf(text.bytes, parts)
}

/** Whether the whole of a text is a number as JSON writes it (RFC 8259, section 6). */
export function isNumber(text: Text): boolean {
  return partsOf(text) !== undefined
}

function partsOf(text: Text): Parts | undefined {
  const { bytes } = text
  const negative = text.start < text.end && bytes[text.start] === MINUS
  const start = negative ? text.start + 1 : text.start
  const end = endOfDigits(text, start)
  if (end === start || (bytes[start] === ZERO && end - start > 1)) return undefined
  let fractionStart = end
  let fractionEnd = end
  if (end < text.end && bytes[end] === POINT) {
    fractionStart = end + 1
    fractionEnd = endOfDigits(text, fractionStart)
    if (fractionEnd === fractionStart) return undefined
  }
  const exponent = exponentOf(text, fractionEnd)
  return exponent === undefined ? undefined : { negative, start, end, fractionStart, fractionEnd, exponent }
}

/** The exponent at a position that has to be the last part of the text: 0 when there is none, undefined when it is wrong. */
function exponentOf(text: Text, position: number): number | undefined {
  const { bytes } = text
  if (position === text.end) return 0
  if (bytes[position] !== LOWER_E && bytes[position] !== UPPER_E) return undefined
  const sign = position + 1 < text.end ? bytes[position + 1] : undefined
  const start = sign === PLUS || sign === MINUS ? position + 2 : position + 1
  const end = endOfDigits(text, start)
  if (end === start || end !== text.end) return undefined
  let exponent = 0
  for (let index = start; index < end; index++) {
    exponent = Math.min(exponent * 10 + (bytes[index]! - ZERO), MAX_EXPONENT)
  }
  return sign === MINUS ? -exponent : exponent
}

function endOfDigits(text: Text, start: number): number {
  let position = start
  while (position < text.end && isDigit(text.bytes[position]!)) position++
  return position
}

/** The value of a number when it is an integer and fits 64 bits. */
function integerOf(bytes: Buffer, parts: Parts): Decimal | undefined {
  const { negative, start, end, fractionStart, fractionEnd, exponent } = parts
  const whole = end - start
  const count = whole + (fractionEnd - fractionStart)
  /** How many of the digits are in front of the point, once the exponent has moved it. */
  const point = whole + exponent
  let significant = 0
  let head = 0
  let tail = 0
  for (let index = 0; index < count || (index < point && significant > 0); index++) {
    let digit = 0
    if (index < whole) digit = bytes[start + index]! - ZERO
    else if (index < count) digit = bytes[fractionStart + index - whole]! - ZERO
    if (index >= point) {
      if (digit !== 0) return undefined
    } else if (significant > 0 || digit !== 0) {
      if (++significant > MAX_DIGITS) return undefined
      if (significant <= HEAD_DIGITS) head = head * 10 + digit
      else tail = tail * 10 + digit
    }
  }
  return joined(negative, head, tail, 10 ** Math.max(0, significant - HEAD_DIGITS))
}

/** The integer that two runs of digits make, or undefined when it does not fit 64 bits. */
function joined(negative: boolean, head: number, tail: number, scale: number): Decimal | undefined {
  const headHigh = Math.floor(head / TWO_32)
  // All of these are below 2^53, so that nothing is rounded.
  const lower = (head - headHigh * TWO_32) * scale + tail
  const carry = Math.floor(lower / TWO_32)
  const low = lower - carry * TWO_32
  const high = headHigh * scale + carry
  return high < TWO_32 ? { negative: negative && (low !== 0 || high !== 0), low, high } : undefined
}
