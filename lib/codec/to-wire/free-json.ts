import { LOWER_F, LOWER_N, LOWER_T, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './characters.ts'
import type { Cursor } from './cursor.ts'
import { readFinite } from './doubles.ts'
import { type EntryParts, readElements, readEntries } from './elements.ts'
import { lengthReader } from './fields.ts'
import { type ReadPart, type ReadValue, WRITTEN } from './outcome.ts'
import { readString } from './scalar.ts'
import { passNull, readLiteral, refuse, refuseFrom } from './skip.ts'
import { writeString } from './strings.ts'
import type { Writer } from './writer.ts'

/** The tags of the members of google.protobuf.Value. */
const NULL_TAG = 0x08
const NUMBER_TAG = 0x11
const STRING_TAG = 0x1a
const BOOL_TAG = 0x20
const STRUCT_TAG = 0x2a
const LIST_TAG = 0x32

/** The tag of `values` of google.protobuf.ListValue. */
const ELEMENT_TAG = 0x0a

/** Reads any JSON value as google.protobuf.Value. */
export const readJson: ReadPart = (cursor, out) => {
  switch (cursor.byte) {
    case QUOTE:
      out.byte(STRING_TAG)
      readString(cursor, out)
      return
    case OPEN_BRACE:
      out.byte(STRUCT_TAG)
      readStructPart(cursor, out)
      return
    case OPEN_BRACKET:
      out.byte(LIST_TAG)
      readListPart(cursor, out)
      return
    case LOWER_T:
    case LOWER_F:
      out.byte(BOOL_TAG)
      return out.byte(readLiteral(cursor) ? 1 : 0)
    case LOWER_N:
      passNull(cursor)
      out.byte(NULL_TAG)
      return out.byte(0)
    default:
      readNumber(cursor, out)
  }
}

/** Reads an object as google.protobuf.Struct. */
export const readStruct: ReadPart = (cursor, out) => {
  if (cursor.byte === OPEN_BRACE) readEntries(cursor, out, STRUCT_ENTRY)
  else refuse(cursor, 'must be an object')
}

/** Reads an array as google.protobuf.ListValue. */
export const readListValue: ReadPart = (cursor, out) => {
  if (cursor.byte === OPEN_BRACKET) readElements(cursor, out, readElement)
  else refuse(cursor, 'must be an array')
}

const readElement: ReadPart = (cursor, out) => {
  out.byte(ELEMENT_TAG)
  readJsonPart(cursor, out)
}

const readName: ReadValue = (cursor, out) => {
  if (!writeString(cursor, out)) cursor.errors.refuse('must have names without lone surrogates')
  return WRITTEN
}

const readStructPart = lengthReader(readStruct)
const readListPart = lengthReader(readListValue)
const readJsonPart = lengthReader(readJson)

const STRUCT_ENTRY: EntryParts = {
  tag: 0x0a,
  keyTag: 0x0a,
  readKey: readName,
  valueTag: 0x12,
  readValue: readJsonPart,
  nullIsValue: true,
  segmentOf: key => key
}

function readNumber(cursor: Cursor, out: Writer): void {
  const start = cursor.position
  const value = readFinite(cursor)
  if (value === undefined) {
    refuseFrom(cursor, start, 'must be a number that fits a double')
  } else {
    out.byte(NUMBER_TAG)
    out.double(value)
  }
}
