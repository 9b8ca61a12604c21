import { DURATION_MAX_SECONDS, TIMESTAMP_MAX_SECONDS, TIMESTAMP_MIN_SECONDS } from '../read-time.ts'
import { COLON, isDigit, MINUS, PLUS, POINT, QUOTE, ZERO } from './characters.ts'
import type { Text } from './cursor.ts'
import type { ReadPart } from './outcome.ts'
import { refuse, refuseFrom } from './skip.ts'
import { readText } from './strings.ts'
import type { Writer } from './writer.ts'

const UPPER_T = 0x54
const UPPER_Z = 0x5a
const LOWER_S = 0x73

const SECONDS_TAG = 0x08
const NANOS_TAG = 0x10

const TWO_32 = 2 ** 32
const SECONDS_PER_DAY = 86_400
const MAX_SECONDS_DIGITS = 12
const MAX_FRACTION_DIGITS = 9

/** How long a date and a time without fraction and zone are: `2024-05-01T12:30:00`. */
const WALL_LENGTH = 19

const NO_TIMESTAMP = 'must be a time as RFC 3339 writes it, such as "2024-05-01T12:30:00Z"'
const NO_DURATION = 'must be a duration in seconds of at most 10,000 years, such as "1.5s"'

/**
 * Reads google.protobuf.Timestamp: `"2024-05-01T12:30:00.5Z"`, as RFC 3339, section 5.6, has it, in upper case and with up
 * to nine digits behind the second.
 */
export const readTimestamp: ReadPart = (cursor, out) => {
  const before = cursor.position
  if (cursor.byte !== QUOTE) return refuse(cursor, NO_TIMESTAMP)
  readText(cursor)
  const { text } = cursor
  const fraction = text.start + WALL_LENGTH
  const zone = endOfFraction(text, fraction)
  // Of what is no time, NaN comes out.
  const seconds = wallSeconds(text) - zoneSeconds(text, zone)
  if (Number.isNaN(seconds)) return refuseFrom(cursor, before, NO_TIMESTAMP)
  if (seconds < TIMESTAMP_MIN_SECONDS || seconds > TIMESTAMP_MAX_SECONDS) {
    return refuseFrom(cursor, before, 'must be a time in the years 1 to 9999')
  }
  writeTime(out, seconds, nanosOf(text, fraction, zone))
}

/** Reads google.protobuf.Duration: `"1.5s"`. */
export const readDuration: ReadPart = (cursor, out) => {
  const before = cursor.position
  if (cursor.byte !== QUOTE) return refuse(cursor, NO_DURATION)
  readText(cursor)
  const { text } = cursor
  const negative = text.bytes[text.start] === MINUS
  const start = negative ? text.start + 1 : text.start
  const fraction = endOfDigits(text, start)
  const end = endOfFraction(text, fraction)
  const count = fraction - start
  const seconds = count > 0 && count <= MAX_SECONDS_DIGITS ? numberOf(text, start, fraction) : Number.NaN
  const closed = end === text.end - 1 && text.bytes[end] === LOWER_S
  if (!closed || !(seconds <= DURATION_MAX_SECONDS)) return refuseFrom(cursor, before, NO_DURATION)
  const nanos = nanosOf(text, fraction, end)
  if (negative) writeTime(out, -seconds, -nanos)
  else writeTime(out, seconds, nanos)
}

/** Writes the fields that google.protobuf.Timestamp and Duration have in common. */
function writeTime(out: Writer, seconds: number, nanos: number): void {
  if (seconds !== 0) {
    out.byte(SECONDS_TAG)
    out.varint64(seconds % TWO_32, Math.floor(seconds / TWO_32))
  }
  if (nanos !== 0) {
    out.byte(NANOS_TAG)
    out.varint64(nanos, nanos < 0 ? -1 : 0)
  }
}

/** The seconds since 1970 of a date and time in UTC, or NaN when the calendar or the clock has no such time. */
function wallSeconds(text: Text): number {
  const { bytes, start } = text
  if (text.end - start < WALL_LENGTH) return Number.NaN
  const separated =
    bytes[start + 4] === MINUS &&
    bytes[start + 7] === MINUS &&
    bytes[start + 10] === UPPER_T &&
    bytes[start + 13] === COLON &&
    bytes[start + 16] === COLON
  if (!separated) return Number.NaN
  const year = twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2)
  const month = twoDigits(bytes, start + 5)
  const day = twoDigits(bytes, start + 8)
  const hour = twoDigits(bytes, start + 11)
  const minute = twoDigits(bytes, start + 14)
  const second = twoDigits(bytes, start + 17)
  if (!(day >= 1 && day <= daysOf(year, month))) return Number.NaN
  if (!(hour <= 23 && minute <= 59 && second <= 59)) return Number.NaN
  return daysSince1970(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second
}

/** The offset from UTC at the end of a text: `Z`, or as `+05:45`. NaN when it is neither. */
function zoneSeconds(text: Text, position: number): number {
  const { bytes, end } = text
  const sign = bytes[position]
  if (end - position === 1 && sign === UPPER_Z) return 0
  if (end - position !== 6 || bytes[position + 3] !== COLON) return Number.NaN
  const hour = twoDigits(bytes, position + 1)
  const minute = twoDigits(bytes, position + 4)
  if (!(hour <= 23 && minute <= 59) || (sign !== PLUS && sign !== MINUS)) return Number.NaN
  const seconds = hour * 3600 + minute * 60
  return sign === MINUS ? -seconds : seconds
}

function twoDigits(bytes: Buffer, position: number): number {
  const tens = bytes[position]!
  const ones = bytes[position + 1]!
  return isDigit(tens) && isDigit(ones) ? (tens - ZERO) * 10 + (ones - ZERO) : Number.NaN
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28
  if (month === 4 || month === 6 || month === 9 || month === 11) return 30
  return month >= 1 && month <= 12 ? 31 : 0
}

/** The days from 1970-01-01 to a date, counted in years that begin in March: then the leap day is the last of its year. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1
  const marchMonth = month > 2 ? month - 3 : month + 9
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400)
  // From March on, five months have 153 days. The last number is that of 1970-01-01 in this count.
  return marchYear * 365 + leapDays + Math.floor((153 * marchMonth + 2) / 5) + (day - 1) - 719_468
}

function endOfDigits(text: Text, start: number): number {
  let position = start
  while (position < text.end && isDigit(text.bytes[position]!)) position++
  return position
}

/** Where a point and up to nine digits end. The same position when they are not there. */
function endOfFraction(text: Text, position: number): number {
  if (text.bytes[position] !== POINT) return position
  const end = endOfDigits(text, position + 1)
  const count = end - position - 1
  return count > 0 && count <= MAX_FRACTION_DIGITS ? end : position
}

/** The billionths that a point and the digits behind it mean; 0 when there are none. */
function nanosOf(text: Text, position: number, end: number): number {
  if (end === position) return 0
  return numberOf(text, position + 1, end) * 10 ** (MAX_FRACTION_DIGITS - (end - position - 1))
}

function numberOf(text: Text, start: number, end: number): number {
  let value = 0
  for (let index = start; index < end; index++) value = value * 10 + (text.bytes[index]! - ZERO)
  return value
}
