import { type DescEnum, ScalarType } from '@bufbuild/protobuf'
import { enumNumbers } from './names.ts'
import { didYouMean, quoteName } from './nearest.ts'
import type { Violations } from './violations.ts'

/**
 * Reads a value from text, such as a part of a path or the value of a query parameter, as the value that protobuf-es keeps
 * in a message. What it cannot read it reports, relative to the value, and returns undefined.
 */
export type ReadText = (text: string, errors: Violations) => unknown

/**
 * Compiles a reader of the text form of a scalar: what ProtoJSON has between the quotes, and `true` and `false`. 64-bit
 * integers become strings with `longAsString`, else bigints.
 */
export function scalarTextReader(type: ScalarType, longAsString = false): ReadText {
  switch (type) {
    case ScalarType.STRING:
      return readString
    case ScalarType.BOOL:
      return readBool
    case ScalarType.BYTES:
      return readBytes
    case ScalarType.DOUBLE:
      return readDouble
    case ScalarType.FLOAT:
      return readFloat
    case ScalarType.INT32:
    case ScalarType.SINT32:
    case ScalarType.SFIXED32:
      return readInt32
    case ScalarType.UINT32:
    case ScalarType.FIXED32:
      return readUint32
    case ScalarType.INT64:
    case ScalarType.SINT64:
    case ScalarType.SFIXED64:
      return longAsString ? asString(readInt64) : readInt64
    case ScalarType.UINT64:
    case ScalarType.FIXED64:
      return longAsString ? asString(readUint64) : readUint64
  }
}

/** Compiles a reader of the names of an enum, and of its numbers as text. */
export function enumTextReader(desc: DescEnum): ReadText {
  const numbers = enumNumbers(desc)
  return (text, errors) => {
    if (INTEGER.test(text)) return enumByNumber(desc, Number(text), errors)
    return enumByName(desc, numbers, text, errors)
  }
}

function enumByName(desc: DescEnum, numbers: Map<string, number>, name: string, errors: Violations): unknown {
  const number = numbers.get(name)
  if (number !== undefined || errors.full) return number
  return errors.refuse(`has no value ${quoteName(name)}${didYouMean(name, enumSuggestions(desc, numbers))}`)
}

/** The names to suggest from, the short ones first: these are what responses show. */
function enumSuggestions(desc: DescEnum, numbers: Map<string, number>): string[] {
  const full = new Set(desc.values.map(value => value.name))
  return [...numbers.keys()].toSorted((a, b) => Number(full.has(a)) - Number(full.has(b)))
}

/** An open enum keeps numbers that it has no name for: they may be of a newer version of it. */
function enumByNumber(desc: DescEnum, number: number, errors: Violations): unknown {
  const known = desc.open ? number >= INT32_MIN && number <= INT32_MAX : Object.hasOwn(desc.value, number)
  return known ? number : errors.refuse('must be the name or the number of a value')
}

const INT32_MIN = -(2 ** 31)
const INT32_MAX = 2 ** 31 - 1
const UINT32_MAX = 2 ** 32 - 1
const INT64_MIN = -(2n ** 63n)
const INT64_MAX = 2n ** 63n - 1n
const UINT64_MAX = 2n ** 64n - 1n

/** No plus, no leading zero, no minus zero, no exponent, no space. */
const INTEGER = /^(?:0|-?[1-9][0-9]*)$/
/** More digits than any 64-bit integer has; keeps the conversion of long texts cheap. */
const MAX_INTEGER_LENGTH = 20

const readInt32 = int32Reader(INT32_MIN, INT32_MAX)
const readUint32 = int32Reader(0, UINT32_MAX)
const readInt64 = int64Reader(INT64_MIN, INT64_MAX)
const readUint64 = int64Reader(0n, UINT64_MAX)

function int32Reader(min: number, max: number): ReadText {
  const description = `must be an integer from ${min} to ${max}`
  return (text, errors) => {
    const value = isIntegerText(text) ? Number(text) : Number.NaN
    return value >= min && value <= max ? value : errors.refuse(description)
  }
}

function int64Reader(min: bigint, max: bigint): ReadText {
  const description = `must be an integer from ${min} to ${max}`
  return (text, errors) => {
    if (!isIntegerText(text)) return errors.refuse(description)
    const value = BigInt(text)
    return value >= min && value <= max ? value : errors.refuse(description)
  }
}

function asString(read: ReadText): ReadText {
  return (text, errors) => read(text, errors)?.toString()
}

function isIntegerText(text: string): boolean {
  return text.length <= MAX_INTEGER_LENGTH && INTEGER.test(text)
}

/** A number as JSON writes it (RFC 8259, section 6). */
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/

const NON_FINITE: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY]
])

function readDouble(text: string, errors: Violations): unknown {
  const value = numberOf(text)
  return value ?? errors.refuse('must be a number that fits a double')
}

function readFloat(text: string, errors: Violations): unknown {
  const value = numberOf(text)
  const float = Math.fround(value ?? Number.NaN)
  const fits = value !== undefined && Number.isFinite(float) === Number.isFinite(value)
  return fits ? float : errors.refuse('must be a number that fits a float')
}

function numberOf(text: string): number | undefined {
  const named = NON_FINITE.get(text)
  if (named !== undefined) return named
  const value = NUMBER.test(text) ? Number(text) : Number.NaN
  return Number.isFinite(value) ? value : undefined
}

function readBool(text: string, errors: Violations): unknown {
  if (text === 'true') return true
  return text === 'false' ? false : errors.refuse('must be true or false')
}

function readString(text: string, errors: Violations): unknown {
  // UTF-8 has no form for half a character, so a service would be sent something else than the caller wrote.
  return text.isWellFormed() ? text : errors.refuse('must be Unicode text without lone surrogates')
}

/** What neither alphabet of base64 has (RFC 4648, sections 4 and 5), padding aside. */
const NOT_BASE64 = /[^A-Za-z0-9+/_-]/

function readBytes(text: string, errors: Violations): unknown {
  if (!isBase64(text)) return errors.refuse('must be bytes in base64')
  // Buffer reads both alphabets. The copy leaves its shared pool, and is no Buffer.
  return new Uint8Array(Buffer.from(text, 'base64'))
}

/** Padding is optional; where there is some, it fills up to a multiple of four. */
function isBase64(text: string): boolean {
  const padding = text.indexOf('=')
  const digits = padding === -1 ? text : text.slice(0, padding)
  const rest = digits.length % 4
  if (rest === 1 || NOT_BASE64.test(digits)) return false
  return padding === -1 || text.slice(padding) === (rest === 2 ? '==' : rest === 3 ? '=' : null)
}
