import { create } from '@bufbuild/protobuf'
import { DurationSchema, TimestampSchema } from '@bufbuild/protobuf/wkt'
import type { Violations } from './violations.ts'

/** RFC 3339, section 5.6, in upper case and with up to nine digits behind the second, as ProtoJSON has it. */
const TIMESTAMP =
  /^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,9}))?(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))$/

/** The bounds of google/protobuf/timestamp.proto, in seconds since 1970. */
export const TIMESTAMP_MIN_SECONDS = Date.parse('0001-01-01T00:00:00Z') / 1000
export const TIMESTAMP_MAX_SECONDS = Date.parse('9999-12-31T23:59:59Z') / 1000

const DURATION = /^(-?)([0-9]{1,12})(?:\.([0-9]{1,9}))?s$/

/** The bound of google/protobuf/duration.proto, in seconds: about 10,000 years. */
export const DURATION_MAX_SECONDS = 315_576_000_000

/** Reads google.protobuf.Timestamp: `2024-05-01T12:30:00.5Z`. */
export function readTimestamp(text: string, errors: Violations): unknown {
  const match = TIMESTAMP.exec(text)
  const wallSeconds = match === null ? undefined : secondsOf(match[1]!)
  if (match === null || wallSeconds === undefined) {
    return errors.refuse('must be a time as RFC 3339 writes it, such as "2024-05-01T12:30:00Z"')
  }
  const [, , fraction, sign, hours, minutes] = match
  const offset = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60
  const seconds = wallSeconds - (sign === '-' ? -offset : offset)
  if (seconds < TIMESTAMP_MIN_SECONDS || seconds > TIMESTAMP_MAX_SECONDS) {
    return errors.refuse('must be a time in the years 1 to 9999')
  }
  return create(TimestampSchema, { seconds: BigInt(seconds), nanos: nanosOf(fraction) })
}

/** The seconds since 1970 of a date and time in UTC, or undefined when the calendar or the clock has no such time. */
function secondsOf(dateTime: string): number | undefined {
  const milliseconds = Date.parse(`${dateTime}Z`)
  if (Number.isNaN(milliseconds)) return undefined
  // Date takes 30 February for 1 March and 24:00 for the next day.
  return new Date(milliseconds).toISOString().startsWith(dateTime) ? milliseconds / 1000 : undefined
}

/** Reads google.protobuf.Duration: `1.5s`. */
export function readDuration(text: string, errors: Violations): unknown {
  const match = DURATION.exec(text)
  if (match === null || Number(match[2]) > DURATION_MAX_SECONDS) {
    return errors.refuse('must be a duration in seconds of at most 10,000 years, such as "1.5s"')
  }
  const [, sign, seconds, fraction] = match
  const direction = sign === '-' ? -1 : 1
  // Adding 0 makes a zero of minus zero.
  return create(DurationSchema, {
    seconds: BigInt(direction * Number(seconds)),
    nanos: direction * nanosOf(fraction) + 0
  })
}

function nanosOf(fraction: string | undefined): number {
  return fraction === undefined ? 0 : Number(fraction.padEnd(9, '0'))
}
