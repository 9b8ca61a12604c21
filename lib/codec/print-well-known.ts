import type { DescMessage } from '@bufbuild/protobuf'
import { protoCamelCase } from '@bufbuild/protobuf/reflect'
import {
  type Duration,
  type FieldMask,
  isWrapperDesc,
  type ListValue,
  type Struct,
  type Timestamp,
  type Value
} from '@bufbuild/protobuf/wkt'
import { PrintError } from '../transcode/errors.ts'
import { setOwn } from './own.ts'
import { type PrintValue, scalarPrinter } from './print-scalar.ts'
import { DURATION_MAX_SECONDS, TIMESTAMP_MAX_SECONDS, TIMESTAMP_MIN_SECONDS } from './read-time.ts'

/**
 * The printer of a message that has a JSON form of its own, or undefined for any other. google.protobuf.Any is not among
 * them: it needs the printers of all others.
 */
export function wellKnownPrinter(
  desc: DescMessage,
  options: { int64: 'string' | 'number'; fieldNames: 'proto' | 'json' }
): PrintValue | undefined {
  switch (desc.typeName) {
    case 'google.protobuf.Timestamp':
      return printTimestamp
    case 'google.protobuf.Duration':
      return printDuration
    case 'google.protobuf.FieldMask':
      return options.fieldNames === 'json' ? printFieldMaskAsJsonNames : printFieldMask
    case 'google.protobuf.Struct':
      return printStruct
    case 'google.protobuf.Value':
      return printJsonValue
    case 'google.protobuf.ListValue':
      return printListValue
    default:
      return isWrapperDesc(desc) ? wrapperPrinter(desc, options.int64) : undefined
  }
}

function wrapperPrinter(desc: DescMessage, int64: 'string' | 'number'): PrintValue {
  const print = wrappedPrinter(desc, int64)
  return message => print(message.value)
}

/** The printer of what a wrapper wraps. */
export function wrappedPrinter(desc: DescMessage, int64: 'string' | 'number'): PrintValue {
  return scalarPrinter(desc.fields[0]!.scalar!, int64)
}

const NANOS_MAX = 999_999_999

function printTimestamp({ seconds, nanos }: Timestamp): string {
  const unix = Number(seconds)
  if (unix < TIMESTAMP_MIN_SECONDS || unix > TIMESTAMP_MAX_SECONDS || nanos < 0 || nanos > NANOS_MAX) {
    throw new PrintError(`google.protobuf.Timestamp: ${seconds} s and ${nanos} ns is out of range`)
  }
  const day = Math.floor(unix / SECONDS_PER_DAY)
  return `${dateOf(day)}T${timeOf(unix - day * SECONDS_PER_DAY)}${fractionOf(nanos)}Z`
}

const SECONDS_PER_DAY = 86_400

/** The day that was printed last, counted from 1970: a list tends to be of few days, and Date is slow. */
const lastDay = { day: Number.NaN, date: '' }

function dateOf(day: number): string {
  if (lastDay.day !== day) {
    lastDay.day = day
    lastDay.date = new Date(day * SECONDS_PER_DAY * 1000).toISOString().slice(0, 'yyyy-mm-dd'.length)
  }
  return lastDay.date
}

const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))

function timeOf(secondOfDay: number): string {
  const hours = Math.floor(secondOfDay / 3600)
  const minutes = Math.floor((secondOfDay % 3600) / 60)
  return `${TWO_DIGITS[hours]}:${TWO_DIGITS[minutes]}:${TWO_DIGITS[secondOfDay % 60]}`
}

function printDuration({ seconds, nanos }: Duration): string {
  const whole = Number(seconds)
  const inRange = Math.abs(whole) <= DURATION_MAX_SECONDS && Math.abs(nanos) <= NANOS_MAX
  if (!inRange || whole * nanos < 0) {
    throw new PrintError(`google.protobuf.Duration: ${seconds} s and ${nanos} ns is out of range`)
  }
  const sign = whole < 0 || nanos < 0 ? '-' : ''
  return `${sign}${Math.abs(whole)}${fractionOf(Math.abs(nanos))}s`
}

/** Nothing, or a point and 3, 6 or 9 digits, as many as are needed. */
function fractionOf(nanos: number): string {
  if (nanos === 0) return ''
  const digits = String(nanos).padStart(9, '0')
  if (digits.endsWith('000000')) return `.${digits.slice(0, 3)}`
  return `.${digits.endsWith('000') ? digits.slice(0, 6) : digits}`
}

/** Beside fields that go by their proto names, the paths do so too: what was printed can be sent back. */
function printFieldMask({ paths }: FieldMask): string {
  return paths.join(',')
}

function printFieldMaskAsJsonNames({ paths }: FieldMask): string {
  return paths.map(protoCamelCase).join(',')
}

function printStruct({ fields }: Struct): unknown {
  const json: Record<string, unknown> = {}
  for (const key of Object.keys(fields)) setOwn(json, key, printJsonValue(fields[key]!))
  return json
}

function printListValue({ values }: ListValue): unknown {
  return values.map(printJsonValue)
}

function printJsonValue({ kind }: Value): unknown {
  switch (kind.case) {
    case 'structValue':
      return printStruct(kind.value)
    case 'listValue':
      return printListValue(kind.value)
    case 'nullValue':
      return null
    case 'numberValue':
      if (!Number.isFinite(kind.value)) throw new PrintError(`google.protobuf.Value: ${kind.value} is no JSON number`)
      return kind.value
    case undefined:
      throw new PrintError('google.protobuf.Value: no value is set')
    default:
      return kind.value
  }
}
