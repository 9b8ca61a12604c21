import { isDigit, LOWER_E, MINUS, POINT, QUOTE, UPPER_E, ZERO } from './characters.ts'
import type { Cursor } from './cursor.ts'
import { type Decimal, type IntegerStyle, parseDecimal } from './decimal.ts'
import { DEFAULT, type ReadValue, WRITTEN } from './outcome.ts'
import { passNumber, refuseFrom } from './skip.ts'
import { readText } from './strings.ts'
import type { Writer } from './writer.ts'

/** As many digits are always exact in a double. */
const EXACT_DIGITS = 15

const TWO_32 = 2 ** 32
const MAX_SAFE_HIGH = 2 ** 21 - 1

/** Compiles a reader of integers of 32 bits. `write` gets those from `min` to `max`. */
export function int32Reader(
  min: number,
  max: number,
  style: IntegerStyle,
  write: (out: Writer, value: number) => void
): ReadValue {
  const description = `must be an integer from ${min} to ${max}`
  return (cursor, out) => {
    const start = cursor.position
    const value = readInt32(cursor, style)
    if (!(value >= min && value <= max)) return refuseFrom(cursor, start, description)
    write(out, value)
    return value === 0 ? DEFAULT : WRITTEN
  }
}

/** Reads an integer, from a string too. NaN when there is none; one beyond 2^53 may be rounded. */
export function readInt32(cursor: Cursor, style: IntegerStyle): number {
  const value = readShort(cursor)
  if (!Number.isNaN(value)) return value
  const decimal = readDecimal(cursor, style)
  if (decimal === undefined) return Number.NaN
  const magnitude = decimal.high * TWO_32 + decimal.low
  return decimal.negative ? 0 - magnitude : magnitude
}

/** Compiles a reader of integers of 64 bits. `write` gets them in two's complement, as halves of 32 bits of which only
 * the low bits count. */
export function int64Reader(
  signed: boolean,
  style: IntegerStyle,
  write: (out: Writer, low: number, high: number) => void
): ReadValue {
  const range = signed ? [-(2n ** 63n), 2n ** 63n - 1n] : [0, 2n ** 64n - 1n]
  const description = `must be an integer from ${range[0]} to ${range[1]}`
  return (cursor, out) => {
    const start = cursor.position
    const value = readShort(cursor)
    if (value >= 0) {
      write(out, value % TWO_32, Math.floor(value / TWO_32))
      return value === 0 ? DEFAULT : WRITTEN
    }
    // What is short and negative is rare enough for the way that all others take.
    cursor.position = start
    const asNumber = cursor.byte !== QUOTE
    const decimal = readDecimal(cursor, style)
    if (decimal === undefined || !fits64(decimal, signed)) return refuseFrom(cursor, start, description)
    if (asNumber && style === 'strict' && decimal.high > MAX_SAFE_HIGH) {
      return refuseFrom(cursor, start, `must be a string when it is beyond ${Number.MAX_SAFE_INTEGER}`)
    }
    const { low, high, negative } = decimal
    if (negative) write(out, -low, low === 0 ? -high : ~high)
    else write(out, low, high)
    return low === 0 && high === 0 ? DEFAULT : WRITTEN
  }
}

function fits64({ negative, low, high }: Decimal, signed: boolean): boolean {
  if (!signed) return !negative
  return high < 2 ** 31 || (negative && high === 2 ** 31 && low === 0)
}

/** Reads an integer of few digits, from a string too. NaN, and nothing is read, when something else is there. */
function readShort(cursor: Cursor): number {
  const { bytes } = cursor
  let { position } = cursor
  const quoted = bytes[position] === QUOTE
  if (quoted) position++
  const negative = bytes[position] === MINUS
  if (negative) position++
  const first = position
  let value = 0
  let byte = bytes[position]!
  while (isDigit(byte)) {
    value = value * 10 + (byte - ZERO)
    byte = bytes[++position]!
  }
  const digits = position - first
  if (digits === 0 || digits > EXACT_DIGITS) return Number.NaN
  if (bytes[first] === ZERO && (digits > 1 || negative)) return Number.NaN
  if (quoted) {
    if (byte !== QUOTE) return Number.NaN
    position++
  } else if (byte === POINT || byte === LOWER_E || byte === UPPER_E) {
    return Number.NaN
  }
  cursor.position = position
  return negative ? -value : value
}

/** Reads any integer of up to 64 bits, from a string too. Undefined when there is none. */
function readDecimal(cursor: Cursor, style: IntegerStyle): Decimal | undefined {
  const { byte, position: start } = cursor
  if (byte === QUOTE) {
    readText(cursor)
    return parseDecimal(cursor.text, style)
  }
  if (byte !== MINUS && !isDigit(byte)) return undefined
  passNumber(cursor)
  return parseDecimal({ bytes: cursor.bytes, start, end: cursor.position }, style)
}
