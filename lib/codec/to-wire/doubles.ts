import { isDigit, LOWER_E, MINUS, POINT, QUOTE, UPPER_E, ZERO } from './characters.ts'
import type { Cursor } from './cursor.ts'
import { isNumber } from './decimal.ts'
import { DEFAULT, type ReadValue, WRITTEN } from './outcome.ts'
import { passNumber, refuseFrom } from './skip.ts'
import { readText } from './strings.ts'

/** As many digits are always exact in a double, as are the powers of ten that go with them: one division rounds once. */
const EXACT_DIGITS = 15
const POWERS_OF_TEN = Float64Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent)

/** The numbers that JSON has no literals for. */
const NON_FINITE: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY]
])

/** Reads a double, from a string too. */
export const readDouble: ReadValue = (cursor, out) => {
  const start = cursor.position
  const value = readNumber(cursor)
  if (value === undefined) return refuseFrom(cursor, start, 'must be a number that fits a double')
  out.double(value)
  return Object.is(value, 0) ? DEFAULT : WRITTEN
}

/** Reads a float, from a string too. */
export const readFloat: ReadValue = (cursor, out) => {
  const start = cursor.position
  const value = readNumber(cursor)
  const fits = value !== undefined && (Number.isFinite(Math.fround(value)) || !Number.isFinite(value))
  if (!fits) return refuseFrom(cursor, start, 'must be a number that fits a float')
  out.float(value)
  return Object.is(Math.fround(value), 0) ? DEFAULT : WRITTEN
}

function readNumber(cursor: Cursor): number | undefined {
  const { byte } = cursor
  if (byte === QUOTE) return readQuoted(cursor)
  return byte === MINUS || isDigit(byte) ? readFinite(cursor) : undefined
}

function readQuoted(cursor: Cursor): number | undefined {
  readText(cursor)
  const { text } = cursor
  const spelling = text.bytes.toString('latin1', text.start, text.end)
  const named = NON_FINITE.get(spelling)
  if (named !== undefined) return named
  return isNumber(text) ? finite(Number(spelling)) : undefined
}

/** Reads the JSON number at the position. Undefined when a double cannot hold it. */
export function readFinite(cursor: Cursor): number | undefined {
  const { bytes, position: start } = cursor
  const value = readShort(cursor)
  if (!Number.isNaN(value)) return value
  passNumber(cursor)
  return finite(Number(bytes.toString('latin1', start, cursor.position)))
}

/** A number too large for a double has become infinite when it was parsed. */
function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined
}

/** Reads a number of few digits and without exponent. NaN, and nothing is read, when something else is there. */
function readShort(cursor: Cursor): number {
  const { bytes } = cursor
  let { position } = cursor
  const negative = bytes[position] === MINUS
  if (negative) position++
  const first = position
  let digits = 0
  let byte = bytes[position]!
  while (isDigit(byte)) {
    digits = digits * 10 + (byte - ZERO)
    byte = bytes[++position]!
  }
  let count = position - first
  if (count === 0 || (count > 1 && bytes[first] === ZERO)) return Number.NaN
  let fraction = 0
  if (byte === POINT) {
    byte = bytes[++position]!
    const second = position
    while (isDigit(byte)) {
      digits = digits * 10 + (byte - ZERO)
      byte = bytes[++position]!
    }
    fraction = position - second
    if (fraction === 0) return Number.NaN
    count += fraction
  }
  if (count > EXACT_DIGITS || byte === LOWER_E || byte === UPPER_E) return Number.NaN
  cursor.position = position
  const value = digits / POWERS_OF_TEN[fraction]!
  return negative ? -value : value
}
