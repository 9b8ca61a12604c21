import { PrintError } from '../../transcode/errors.ts'
import { DURATION_MAX_SECONDS, TIMESTAMP_MAX_SECONDS, TIMESTAMP_MIN_SECONDS } from '../read-time.ts'
import { writePadded } from './integers.ts'
import type { JsonBuffer } from './json-buffer.ts'
import { leafPrinter } from './message-printer.ts'
import type { WireCursor } from './wire-cursor.ts'

/** The tags of `int64 seconds = 1` and `int32 nanos = 2`. */
const SECONDS_TAG = 0x08
const NANOS_TAG = 0x10

const NANOS_MAX = 999_999_999
const SECONDS_PER_DAY = 86_400

const QUOTE = 0x22
const HYPHEN = 0x2d
const POINT = 0x2e
const COLON = 0x3a
const T = 0x54
const Z = 0x5a

/** `"yyyy-mm-ddThh:mm:ss.nnnnnnnnnZ"` */
const TIMESTAMP_BYTES = 32

/** What google.protobuf.Timestamp and google.protobuf.Duration hold. Seconds beyond 2^53 are rounded. */
interface Time {
  seconds: number
  nanos: number
}

/** Prints google.protobuf.Timestamp as RFC 3339 writes it, in UTC: `"2024-05-01T12:30:00.500Z"`. */
export const timestampPrinter = leafPrinter((wire, out) => {
  const { seconds, nanos } = readTime(wire)
  if (seconds < TIMESTAMP_MIN_SECONDS || seconds > TIMESTAMP_MAX_SECONDS || nanos < 0 || nanos > NANOS_MAX) {
    throw new PrintError(`google.protobuf.Timestamp: ${seconds} s and ${nanos} ns is out of range`)
  }
  const day = Math.floor(seconds / SECONDS_PER_DAY)
  out.reserve(TIMESTAMP_BYTES)
  out.byte(QUOTE)
  writeDate(out, day)
  out.byte(T)
  writeTimeOfDay(out, seconds - day * SECONDS_PER_DAY)
  writeFraction(out, nanos)
  out.byte(Z)
  out.byte(QUOTE)
})

/** Prints google.protobuf.Duration in seconds: `"-1.500s"`. */
export const durationPrinter = leafPrinter((wire, out) => {
  const { seconds, nanos } = readTime(wire)
  const inRange = Math.abs(seconds) <= DURATION_MAX_SECONDS && Math.abs(nanos) <= NANOS_MAX
  if (!inRange || seconds * nanos < 0) {
    throw new PrintError(`google.protobuf.Duration: ${seconds} s and ${nanos} ns is out of range`)
  }
  out.ascii(`"${seconds < 0 || nanos < 0 ? '-' : ''}${Math.abs(seconds)}`)
  writeFraction(out, Math.abs(nanos))
  out.ascii('s"')
})

function readTime(wire: WireCursor): Time {
  let seconds = 0
  let nanos = 0
  while (wire.pos < wire.limit) {
    const tag = wire.tag()
    if (tag === SECONDS_TAG) {
      wire.varint64()
      seconds = wire.high * 2 ** 32 + (wire.low >>> 0)
    } else if (tag === NANOS_TAG) {
      nanos = wire.int32()
    } else {
      wire.skip(tag)
    }
  }
  return { seconds, nanos }
}

/**
 * Writes the date of a day that is counted from 1970, in the years 1 to 9999. The algorithm is `civil_from_days` of Howard
 * Hinnant's "chrono-Compatible Low-Level Date Algorithms": years begin in March, so that a leap day is the last of its
 * year, and come in eras of 400, which all have the same number of days.
 */
function writeDate(out: JsonBuffer, day: number): void {
  const daysFromYear0 = day + 719_468
  const era = Math.floor(daysFromYear0 / 146_097)
  const dayOfEra = daysFromYear0 - era * 146_097
  const leapDays = Math.floor(dayOfEra / 1460) - Math.floor(dayOfEra / 36_524) + Math.floor(dayOfEra / 146_096)
  const yearOfEra = Math.floor((dayOfEra - leapDays) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  writePadded(out, era * 400 + yearOfEra + (month <= 2 ? 1 : 0), 4)
  out.byte(HYPHEN)
  writePadded(out, month, 2)
  out.byte(HYPHEN)
  writePadded(out, dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1, 2)
}

function writeTimeOfDay(out: JsonBuffer, second: number): void {
  writePadded(out, Math.floor(second / 3600), 2)
  out.byte(COLON)
  writePadded(out, Math.floor(second / 60) % 60, 2)
  out.byte(COLON)
  writePadded(out, second % 60, 2)
}

/** Writes nothing, or a point and 3, 6 or 9 digits, as many as are needed. */
function writeFraction(out: JsonBuffer, nanos: number): void {
  if (nanos === 0) return
  out.reserve(10)
  out.byte(POINT)
  if (nanos % 1_000_000 === 0) writePadded(out, nanos / 1_000_000, 3)
  else if (nanos % 1000 === 0) writePadded(out, nanos / 1000, 6)
  else writePadded(out, nanos, 9)
}
