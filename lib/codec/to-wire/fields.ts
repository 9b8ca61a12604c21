import { ScalarType } from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import { quoteName } from '../nearest.ts'
import { LOWER_N, OPEN_BRACE, OPEN_BRACKET } from './characters.ts'
import { type EntryParts, readElements, readEntries } from './elements.ts'
import { enumReader } from './enums.ts'
import { DEFAULT, LEFT_OUT, type ReadPart, type ReadValue, WRITTEN } from './outcome.ts'
import { keyReader, scalarReader } from './scalar.ts'
import type { Field, Scope } from './scope.ts'
import { refuse } from './skip.ts'
import { MAX_MESSAGES } from './writer.ts'

/** The wire types of protobuf. */
const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const START_GROUP = 3
const END_GROUP = 4
const FIXED32 = 5

const TOO_DEEP = `must not nest deeper than ${MAX_MESSAGES} levels`

/** Compiles a reader of a field that writes it with its tag. It is given null only when that is a value of the field. */
export function fieldReader(field: Field, scope: Scope): ReadPart {
  if (field.fieldKind === 'list') return listReader(field, scope)
  if (field.fieldKind === 'map') return mapReader(field, scope)
  return singularReader(field, scope)
}

/** Whether null is a value of a field rather than its absence. */
export function takesNull(field: Field): boolean {
  return field.fieldKind !== 'list' && field.fieldKind !== 'map' && elementTakesNull(field)
}

/** Whether null is a value of a singular field, or of an element. */
function elementTakesNull(field: Field): boolean {
  return field.message?.typeName === 'google.protobuf.Value' || field.enum?.typeName === 'google.protobuf.NullValue'
}

function singularReader(field: Field, scope: Scope): ReadPart {
  const tag = tagOf(field)
  const read = elementReader(field, scope)
  const least = field.presence === FeatureSet_FieldPresence.IMPLICIT ? WRITTEN : DEFAULT
  return (cursor, out) => {
    out.reserve(0)
    const start = out.position
    out.varint32(tag)
    if (read(cursor, out) < least) out.position = start
  }
}

function listReader(field: Field & { fieldKind: 'list' }, scope: Scope): ReadPart {
  const { packed } = field
  const readItem = itemReader(field, scope, packed ? undefined : tagOf(field))
  const packedTag = tagOfNumber(field.number, LENGTH_DELIMITED)
  return (cursor, out) => {
    if (cursor.byte !== OPEN_BRACKET) {
      refuse(cursor, 'must be an array')
    } else if (packed) {
      out.reserve(0)
      const before = out.position
      out.varint32(packedTag)
      const start = out.begin()
      readElements(cursor, out, readItem)
      if (out.end(start) === 0) out.position = before
    } else {
      readElements(cursor, out, readItem)
    }
  }
}

/** @param tag what is written in front of each element, if anything. */
function itemReader(field: Field, scope: Scope, tag: number | undefined): ReadPart {
  const read = elementReader(field, scope)
  const nullIsValue = elementTakesNull(field)
  return (cursor, out) => {
    const start = out.position
    if (tag !== undefined) out.varint32(tag)
    const isNull = cursor.byte === LOWER_N && !nullIsValue
    const outcome = isNull ? refuse(cursor, 'must not be null') : read(cursor, out)
    if (outcome === LEFT_OUT) out.position = start
  }
}

function mapReader(field: Field & { fieldKind: 'map' }, scope: Scope): ReadPart {
  const parts: EntryParts = {
    tag: tagOfNumber(field.number, LENGTH_DELIMITED),
    keyTag: tagOfNumber(1, wireTypeOf(field.mapKey)),
    readKey: keyReader(field.mapKey),
    valueTag: tagOfNumber(2, elementWireType(field)),
    readValue: elementReader(field, scope),
    nullIsValue: elementTakesNull(field),
    segmentOf: key => `[${quoteName(key)}]`
  }
  return (cursor, out) => {
    if (cursor.byte === OPEN_BRACE) readEntries(cursor, out, parts)
    else refuse(cursor, 'must be an object')
  }
}

/** The reader of a singular field, or of an element of a repeated one or a map. */
function elementReader(field: Field, scope: Scope): ReadValue {
  if (field.enum !== undefined) return enumReader(field.enum, scope.style, scope.ignoreUnknownEnums)
  if (field.message === undefined) return scalarReader(field.scalar, scope.style)
  const read = scope.messageReader(field.message)
  return isDelimited(field) ? groupReader(read, tagOfNumber(field.number, END_GROUP)) : lengthReader(read)
}

/** The reader of a message in a field: the fields that `read` reads, with their length in front. */
export function lengthReader(read: ReadPart): ReadValue {
  return (cursor, out) => {
    if (!out.enter()) return refuse(cursor, TOO_DEEP)
    const start = out.begin()
    read(cursor, out)
    out.end(start)
    out.leave()
    return WRITTEN
  }
}

function groupReader(read: ReadPart, endTag: number): ReadValue {
  return (cursor, out) => {
    if (!out.enter()) return refuse(cursor, TOO_DEEP)
    read(cursor, out)
    out.leave()
    out.reserve(0)
    out.varint32(endTag)
    return WRITTEN
  }
}

/** Whether a message stands between two tags rather than behind its length: the groups of proto2. */
function isDelimited(field: Field): boolean {
  return 'delimitedEncoding' in field && field.delimitedEncoding
}

/** The tag of a field, or of an element of one that is not packed. */
function tagOf(field: Field): number {
  return tagOfNumber(field.number, elementWireType(field))
}

function tagOfNumber(number: number, wireType: number): number {
  return ((number << 3) | wireType) >>> 0
}

function elementWireType(field: Field): number {
  if (field.message !== undefined) return isDelimited(field) ? START_GROUP : LENGTH_DELIMITED
  return field.enum === undefined ? wireTypeOf(field.scalar) : VARINT
}

function wireTypeOf(type: ScalarType): number {
  switch (type) {
    case ScalarType.STRING:
    case ScalarType.BYTES:
      return LENGTH_DELIMITED
    case ScalarType.DOUBLE:
    case ScalarType.FIXED64:
    case ScalarType.SFIXED64:
      return FIXED64
    case ScalarType.FLOAT:
    case ScalarType.FIXED32:
    case ScalarType.SFIXED32:
      return FIXED32
    default:
      return VARINT
  }
}
