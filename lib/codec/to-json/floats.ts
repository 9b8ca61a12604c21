import { writeInt32 } from './integers.ts'
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
  else if (Number.isFinite(value)) out.ascii(Object.is(value, -0) ? '-0' : String(value))
  else out.ascii(`"${value}"`)
}

/** Writes a float with the fewest digits that read as the same float. */
export function writeFloat(out: JsonBuffer, value: number): void {
  writeDouble(out, Number.isInteger(value) && Math.abs(value) < 2 ** 24 ? value : shortestFloat(value))
}

function shortestFloat(value: number): number {
  if (!Number.isFinite(value)) return value
  for (let digits = Math.abs(value) < FLOAT_MIN_NORMAL ? 1 : FLOAT_SAFE_DIGITS; digits < FLOAT_MAX_DIGITS; digits++) {
    const candidate = Number(value.toPrecision(digits))
    if (Math.fround(candidate) === value) return candidate
  }
  return Number(value.toPrecision(FLOAT_MAX_DIGITS))
}
