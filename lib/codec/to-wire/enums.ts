import type { DescEnum } from '@bufbuild/protobuf'
import { enumNumbers } from '../names.ts'
import { didYouMean, quoteName } from '../nearest.ts'
import { LOWER_N, QUOTE } from './characters.ts'
import { type Cursor, spellingOf } from './cursor.ts'
import type { IntegerStyle } from './decimal.ts'
import { readInt32 } from './integers.ts'
import { DEFAULT, LEFT_OUT, type Outcome, type ReadValue, WRITTEN } from './outcome.ts'
import { INT32_MAX, INT32_MIN, writeInt32 } from './scalar.ts'
import { passNull, refuseFrom } from './skip.ts'
import { readName } from './strings.ts'
import type { Writer } from './writer.ts'

const DESCRIPTION = 'must be the name or the number of a value'

/** A name of a value, as it stands in a text. */
interface Name {
  spelling: Uint8Array
  number: number
}

/**
 * Compiles a reader of the names and numbers of an enum. An open enum keeps numbers that it has no name for: they may be
 * of a newer version of it.
 *
 * @param ignoreUnknown whether an unknown name is left out in silence rather than refused.
 */
export function enumReader(desc: DescEnum, style: IntegerStyle, ignoreUnknown: boolean): ReadValue {
  if (desc.typeName === 'google.protobuf.NullValue') return readNullValue
  const names = namesOf(desc)
  const suggestions = enumSuggestions(desc)
  let last: Name = names.get(desc.values[0]!.name)!
  return (cursor, out) => {
    if (cursor.byte !== QUOTE) return readNumber(desc, style, cursor, out)
    // The values of a list of messages are often the same.
    if (cursor.takes(last.spelling)) return write(out, last.number)
    const name = readName(cursor)
    const known = names.get(name)
    if (known !== undefined) {
      last = known
      return write(out, known.number)
    }
    if (ignoreUnknown || cursor.errors.full) return LEFT_OUT
    cursor.errors.refuse(`has no value ${quoteName(name)}${didYouMean(name, suggestions)}`)
    return LEFT_OUT
  }
}

function namesOf(desc: DescEnum): Map<string, Name> {
  const names = new Map<string, Name>()
  for (const [name, number] of enumNumbers(desc)) names.set(name, { spelling: spellingOf(name), number })
  return names
}

/** The names to suggest from, the short ones first: these are what responses show. */
function enumSuggestions(desc: DescEnum): string[] {
  const full = new Set(desc.values.map(value => value.name))
  return [...enumNumbers(desc).keys()].toSorted((a, b) => Number(full.has(a)) - Number(full.has(b)))
}

function readNumber(desc: DescEnum, style: IntegerStyle, cursor: Cursor, out: Writer): Outcome {
  const start = cursor.position
  const number = readInt32(cursor, style)
  const known = desc.open ? number >= INT32_MIN && number <= INT32_MAX : Object.hasOwn(desc.value, number)
  return known ? write(out, number) : refuseFrom(cursor, start, DESCRIPTION)
}

/** A field without presence has an open enum, whose first value is zero. */
function write(out: Writer, number: number): Outcome {
  writeInt32(out, number)
  return number === 0 ? DEFAULT : WRITTEN
}

/** The only enum whose JSON is null; its name and number are read as those of the others. */
const readNullValue: ReadValue = (cursor, out) => {
  const { position: start, byte } = cursor
  if (byte === LOWER_N) {
    passNull(cursor)
    return write(out, 0)
  }
  const known = byte === QUOTE ? readName(cursor) === 'NULL_VALUE' : readInt32(cursor, 'strict') === 0
  return known ? write(out, 0) : refuseFrom(cursor, start, 'must be null')
}
