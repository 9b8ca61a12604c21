import { type DescEnum, ScalarType } from '@bufbuild/protobuf'
import { enumNumbers } from './names.ts'
import { didYouMean, quoteName } from './nearest.ts'
import type { Violations } from './violations.ts'

/**
 * Reads a JSON value as the value that protobuf-es keeps in a message. What it cannot read it reports, relative to the
 * value, and returns undefined.
 */
export type ReadValue = (json: unknown, errors: Violations) => unknown

/** Reads a value from text, such as a part of a path, the value of a query parameter or the key of a map. */
export type ReadText = (text: string, errors: Violations) => unknown

/** Compiles a reader of the ProtoJSON of a scalar. 64-bit integers become strings with `longAsString`, else bigints. */
export function scalarReader(type: ScalarType, longAsString = false): ReadValue {
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

/** Compiles a reader of the text form of a scalar. It differs from the JSON form only where JSON has a literal. */
export function scalarTextReader(type: ScalarType, longAsString = false): ReadText {
  return type === ScalarType.BOOL ? readBoolText : scalarReader(type, longAsString)
}

/** Compiles a reader of the names and numbers of an enum. */
export function enumReader(desc: DescEnum): ReadValue {
  if (desc.typeName === 'google.protobuf.NullValue') return readNull
  const numbers = enumNumbers(desc)
  return (json, errors) => {
    if (typeof json === 'string') return enumByName(desc, numbers, json, errors)
    if (typeof json === 'number') return enumByNumber(desc, json, errors)
    return errors.refuse('must be the name or the number of a value')
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

/** The only enum whose JSON is null; its name and number are read as those of the others. */
function readNull(json: unknown, errors: Violations): unknown {
  return json === null || json === 'NULL_VALUE' || json === 0 ? 0 : errors.refuse('must be null')
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
  const known = desc.open ? isIntegerWithin(number, INT32_MIN, INT32_MAX) : Object.hasOwn(desc.value, number)
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

function int32Reader(min: number, max: number): ReadValue {
  const description = `must be an integer from ${min} to ${max}`
  return (json, errors) => {
    const value = typeof json === 'string' && isIntegerText(json) ? Number(json) : json
    return isIntegerWithin(value, min, max) ? value : errors.refuse(description)
  }
}

function int64Reader(min: bigint, max: bigint): ReadValue {
  const description = `must be an integer from ${min} to ${max}`
  return (json, errors) => {
    if (typeof json === 'number') {
      // A larger number has lost digits when the JSON was parsed, and would silently be another one.
      if (Number.isInteger(json) && !Number.isSafeInteger(json)) {
        return errors.refuse(`must be a string when it is beyond ${Number.MAX_SAFE_INTEGER}`)
      }
      if (!isIntegerWithin(json, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)) return errors.refuse(description)
    } else if (typeof json !== 'string' || !isIntegerText(json)) {
      return errors.refuse(description)
    }
    const value = BigInt(json)
    return value >= min && value <= max ? value : errors.refuse(description)
  }
}

function asString(read: ReadValue): ReadValue {
  return (json, errors) => read(json, errors)?.toString()
}

function isIntegerText(text: string): boolean {
  return text.length <= MAX_INTEGER_LENGTH && INTEGER.test(text)
}

function isIntegerWithin(value: unknown, min: number, max: number): value is number {
  return Number.isInteger(value) && (value as number) >= min && (value as number) <= max && !Object.is(value, -0)
}

/** A number as JSON writes it (RFC 8259, section 6). */
const NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/

const NON_FINITE: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY]
])

function readDouble(json: unknown, errors: Violations): unknown {
  const named = NON_FINITE.get(json)
  if (named !== undefined) return named
  const value = typeof json === 'string' && NUMBER.test(json) ? Number(json) : json
  // A number too large for a double has become infinite when it was parsed.
  return Number.isFinite(value) ? value : errors.refuse('must be a number that fits a double')
}

function readFloat(json: unknown, errors: Violations): unknown {
  const named = NON_FINITE.get(json)
  if (named !== undefined) return named
  const value = typeof json === 'string' && NUMBER.test(json) ? Number(json) : json
  const fits = Number.isFinite(value) && Number.isFinite(Math.fround(value as number))
  return fits ? value : errors.refuse('must be a number that fits a float')
}

function readBool(json: unknown, errors: Violations): unknown {
  return typeof json === 'boolean' ? json : errors.refuse('must be true or false')
}

function readBoolText(text: string, errors: Violations): unknown {
  if (text === 'true') return true
  return text === 'false' ? false : errors.refuse('must be true or false')
}

function readString(json: unknown, errors: Violations): unknown {
  if (typeof json !== 'string') return errors.refuse('must be a string')
  // UTF-8 has no form for half a character, so a service would be sent something else than the caller wrote.
  return json.isWellFormed() ? json : errors.refuse('must be Unicode text without lone surrogates')
}

/** What neither alphabet of base64 has (RFC 4648, sections 4 and 5), padding aside. */
const NOT_BASE64 = /[^A-Za-z0-9+/_-]/

function readBytes(json: unknown, errors: Violations): unknown {
  if (typeof json !== 'string' || !isBase64(json)) return errors.refuse('must be bytes in base64')
  // Buffer reads both alphabets. The copy leaves its shared pool, and is no Buffer.
  return new Uint8Array(Buffer.from(json, 'base64'))
}

/** Padding is optional; where there is some, it fills up to a multiple of four. */
function isBase64(text: string): boolean {
  const padding = text.indexOf('=')
  const digits = padding === -1 ? text : text.slice(0, padding)
  const rest = digits.length % 4
  if (rest === 1 || NOT_BASE64.test(digits)) return false
  return padding === -1 || text.slice(padding) === (rest === 2 ? '==' : rest === 3 ? '=' : null)
}
