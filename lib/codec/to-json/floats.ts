import { writeInt32, writePadded, writeUint32 } from './integers.ts'
import type { JsonBuffer } from './json-buffer.ts'

const words = new Uint32Array(2)
const asDouble = new Float64Array(words.buffer)
const asFloat = new Float32Array(words.buffer)

/** Which of the two words of a double holds its lower bits depends on the machine. */
const LOW_WORD = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 0 : 1

/** A float below this has fewer significant digits the smaller it is. */
const FLOAT_MIN_NORMAL = 2 ** -126

/** Every decimal number of so many digits is another float, and no float needs more than the other. */
const FLOAT_SAFE_DIGITS = 6
const FLOAT_MAX_DIGITS = 9

/** Numbers below 2^32 with so many decimals at most are written without making a string. */
const MAX_DECIMALS = 9
const POWERS_OF_10 = Array.from({ length: MAX_DECIMALS + 1 }, (_, exponent) => 10 ** exponent)

/** So many of them keep any number below 2^32 within the next limit. */
const MAX_DECIMALS_BEYOND = 5

/** An integer up to this is still right after it was rounded twice, by a multiplication and by Math.round. */
const MAX_SCALED = 2 ** 51

const MINUS = 0x2d
const POINT = 0x2e

/** The double that two words of 32 bits make. */
export function doubleOf(low: number, high: number): number {
  words[LOW_WORD] = low
  words[1 - LOW_WORD] = high
  return asDouble[0]!
}

/** The float that 32 bits make. */
export function floatOf(bits: number): number {
  words[0] = bits
  return asFloat[0]!
}

/** Writes a double with the fewest digits that read as the same double. JSON has no numbers for NaN and the infinities. */
export function writeDouble(out: JsonBuffer, value: number): void {
  if (value === (value | 0) && !Object.is(value, -0)) writeInt32(out, value)
  else if (!hasDecimals(value) || !writeDoubleDecimals(out, value)) writeAsString(out, value)
}

/** Writes a float with the fewest digits that read as the same float. */
export function writeFloat(out: JsonBuffer, value: number): void {
  if (value === (value | 0) && Math.abs(value) < 2 ** 24) writeDouble(out, value)
  else if (!hasDecimals(value) || !writeFloatDecimals(out, value)) writeAsString(out, shortestFloat(value))
}

function writeAsString(out: JsonBuffer, value: number): void {
  if (Number.isFinite(value)) out.ascii(Object.is(value, -0) ? '-0' : String(value))
  else out.ascii(`"${value}"`)
}

/** Whether it may be a number with a few decimals, such as a price. */
function hasDecimals(value: number): boolean {
  const size = Math.abs(value)
  return size < 2 ** 32 && size > 10 ** -MAX_DECIMALS && !Number.isInteger(value)
}

/** Writes a number that has a few decimals. Writes nothing and returns false when it has more. */
function writeDoubleDecimals(out: JsonBuffer, value: number): boolean {
  const size = Math.abs(value)
  const most = size * POWERS_OF_10[MAX_DECIMALS]! <= MAX_SCALED ? MAX_DECIMALS : MAX_DECIMALS_BEYOND
  if (scale(size, most) / POWERS_OF_10[most]! !== size) return false
  let decimals = 1
  while (scale(size, decimals) / POWERS_OF_10[decimals]! !== size) decimals++
  writeScaled(out, value < 0, scale(size, decimals), decimals)
  return true
}

/** The same for a float, of which fewer decimals have to be right. */
function writeFloatDecimals(out: JsonBuffer, value: number): boolean {
  const size = Math.abs(value)
  for (let decimals = 1; decimals <= MAX_DECIMALS; decimals++) {
    const scaled = scale(size, decimals)
    if (scaled > MAX_SCALED) return false
    if (Math.fround(scaled / POWERS_OF_10[decimals]!) === size) {
      writeScaled(out, value < 0, scaled, decimals)
      return true
    }
  }
  return false
}

/** The integer that a number without its point is when it has so many decimals. */
function scale(size: number, decimals: number): number {
  return Math.round(size * POWERS_OF_10[decimals]!)
}

/** Writes an integer with a point in front of its last digits. */
function writeScaled(out: JsonBuffer, isNegative: boolean, scaled: number, decimals: number): void {
  if (isNegative) out.byte(MINUS)
  const whole = Math.floor(scaled / POWERS_OF_10[decimals]!)
  writeUint32(out, whole)
  out.reserve(1 + MAX_DECIMALS)
  out.byte(POINT)
  writePadded(out, scaled - whole * POWERS_OF_10[decimals]!, decimals)
}

function shortestFloat(value: number): number {
  if (!Number.isFinite(value)) return value
  for (let digits = Math.abs(value) < FLOAT_MIN_NORMAL ? 1 : FLOAT_SAFE_DIGITS; digits < FLOAT_MAX_DIGITS; digits++) {
    const candidate = Number(value.toPrecision(digits))
    if (Math.fround(candidate) === value) return candidate
  }
  return Number(value.toPrecision(FLOAT_MAX_DIGITS))
}
