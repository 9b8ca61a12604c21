import {
  AT_SIGN,
  BACKSLASH,
  isDigit,
  LOWER_E,
  LOWER_F,
  LOWER_N,
  LOWER_T,
  MINUS,
  OPEN_BRACE,
  OPEN_BRACKET,
  PLUS,
  POINT,
  QUOTE,
  UPPER_E,
  ZERO
} from './characters.ts'
import { type Cursor, spellingOf } from './cursor.ts'
import { LEFT_OUT, type Outcome } from './outcome.ts'
import { passString, readNameAt } from './strings.ts'

const TRUE = Buffer.from('true')
const FALSE = Buffer.from('false')
const NULL = Buffer.from('null')

/** The key of a google.protobuf.Any that names its type. */
export const TYPE_KEY = spellingOf('@type')

/** Goes behind the value at the position. Nobody wants it, but it has to be JSON, without a key that is there twice. */
export function skipValue(cursor: Cursor): void {
  const { byte } = cursor
  if (byte === QUOTE) passString(cursor)
  else if (byte === OPEN_BRACE) skipObject(cursor)
  else if (byte === OPEN_BRACKET) skipArray(cursor)
  else if (byte === LOWER_N) passNull(cursor)
  else if (readLiteral(cursor) === undefined) passNumber(cursor)
}

/** Reports that a value is none that its field can take, and goes behind it. */
export function refuse(cursor: Cursor, description: string): Outcome {
  cursor.errors.refuse(description)
  skipValue(cursor)
  return LEFT_OUT
}

/** As `refuse`, for a value that begins before the position. */
export function refuseFrom(cursor: Cursor, start: number, description: string): Outcome {
  cursor.position = start
  return refuse(cursor, description)
}

function skipArray(cursor: Cursor): void {
  for (let more = cursor.enter(); more; more = cursor.nextElement()) skipValue(cursor)
}

function skipObject(cursor: Cursor): void {
  const start = cursor.position
  const { keys } = cursor
  const base = keys.push()
  for (let more = cursor.enter(); more; more = cursor.nextMember()) {
    const key = cursor.position
    keys.pass(cursor, base)
    cursor.colon()
    if (cursor.isSearching && isTypeKey(cursor, key)) cursor.types.set(start, cursor.position)
    skipValue(cursor)
  }
  keys.pop(base)
}

/** Whether the key at a place is `@type`, in whatever spelling. */
function isTypeKey(cursor: Cursor, place: number): boolean {
  if (cursor.isAt(place, TYPE_KEY)) return true
  const first = cursor.bytes[place + 1]
  return (first === AT_SIGN || first === BACKSLASH) && readNameAt(cursor, place) === '@type'
}

/** Reads `true` or `false`; undefined, and nothing is read, when something else is at the position. */
export function readLiteral(cursor: Cursor): boolean | undefined {
  const { byte } = cursor
  if (byte !== LOWER_T && byte !== LOWER_F) return undefined
  passLiteral(cursor, byte === LOWER_T ? TRUE : FALSE)
  return byte === LOWER_T
}

/** Goes behind `null`, of which the first letter is at the position. */
export function passNull(cursor: Cursor): void {
  passLiteral(cursor, NULL)
}

function passLiteral(cursor: Cursor, spelling: Uint8Array): void {
  if (!cursor.takes(spelling)) cursor.fail(cursor.position)
}

/** Goes behind the number at the position (RFC 8259, section 6). */
export function passNumber(cursor: Cursor): void {
  const { bytes } = cursor
  let { position } = cursor
  if (bytes[position] === MINUS) position++
  position = bytes[position] === ZERO ? position + 1 : passDigits(cursor, position)
  if (bytes[position] === POINT) position = passDigits(cursor, position + 1)
  const letter = bytes[position]
  if (letter === LOWER_E || letter === UPPER_E) {
    const sign = bytes[position + 1]
    position = passDigits(cursor, sign === PLUS || sign === MINUS ? position + 2 : position + 1)
  }
  cursor.position = position
}

/** Where the digits at a position end, of which there must be one at least. */
function passDigits(cursor: Cursor, start: number): number {
  const { bytes } = cursor
  let position = start
  while (isDigit(bytes[position]!)) position++
  if (position === start) cursor.fail(position)
  return position
}
