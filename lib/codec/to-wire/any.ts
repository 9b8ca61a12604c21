import { hasCustomJsonRepresentation } from '@bufbuild/protobuf/wkt'
import { quoteName } from '../nearest.ts'
import { CLOSE_BRACE, OPEN_BRACE, QUOTE } from './characters.ts'
import { type Cursor, spellingOf } from './cursor.ts'
import type { ReadPart } from './outcome.ts'
import { readString } from './scalar.ts'
import type { Scope } from './scope.ts'
import { refuse, skipValue } from './skip.ts'
import { readName, readNameAt } from './strings.ts'
import type { Writer } from './writer.ts'

const URL_TAG = 0x0a
const VALUE_TAG = 0x12

const TYPE_KEY = spellingOf('@type')

/**
 * Compiles a reader of google.protobuf.Any, whose JSON names its type in `@type`. The fields of the message stand beside
 * it, or the JSON of a type with a form of its own in `value`.
 */
export function anyReader(scope: Scope): ReadPart {
  return (cursor, out) => {
    if (cursor.byte !== OPEN_BRACE) return refuse(cursor, 'must be an object')
    const start = cursor.position
    const place = placeOfType(cursor)
    if (place === undefined && isEmpty(cursor)) return skipValue(cursor)
    const desc = place === undefined ? undefined : scope.registry?.getMessage(typeNameAt(cursor, place))
    cursor.position = start
    if (place === undefined || desc === undefined) {
      cursor.errors.add('INVALID_VALUE', '@type', 'must be the URL of a message type that is known here')
      return skipValue(cursor)
    }
    out.byte(URL_TAG)
    cursor.position = place
    readString(cursor, out)
    cursor.position = start
    const read = scope.messageReader(desc)
    readContent(cursor, out, hasCustomJsonRepresentation(desc) ? valueReader(read, scope) : read)
  }
}

/** Reads the object at the position as what an Any holds. */
function readContent(cursor: Cursor, out: Writer, read: ReadPart): void {
  const outerStart = cursor.anyStart
  cursor.anyStart = cursor.position
  out.reserve(0)
  const before = out.position
  out.byte(VALUE_TAG)
  const start = out.begin()
  read(cursor, out)
  if (out.end(start) === 0) out.position = before
  cursor.anyStart = outerStart
}

/**
 * Where the value of `@type` is in the object at the position, or undefined when it has none. It may be the last member:
 * the search for it goes over the object once, and finds those of all objects in it on the way.
 */
function placeOfType(cursor: Cursor): number | undefined {
  const { position: start } = cursor
  cursor.position++
  cursor.skipSpace()
  let place: number | undefined
  if (cursor.takes(TYPE_KEY)) {
    cursor.colon()
    place = cursor.position
  } else {
    cursor.position = start
    if (start >= cursor.typesEnd) {
      cursor.isSearching = true
      skipValue(cursor)
      cursor.isSearching = false
      cursor.typesEnd = cursor.position
    }
    place = cursor.types.get(start)
  }
  cursor.position = start
  return place
}

/** The full name of the type at the end of the URL at a place, or nothing when there is no URL. */
function typeNameAt(cursor: Cursor, place: number): string {
  cursor.position = place
  const url = cursor.byte === QUOTE ? readName(cursor) : ''
  const slash = url.lastIndexOf('/')
  return slash === -1 ? '' : url.slice(slash + 1)
}

function isEmpty(cursor: Cursor): boolean {
  const { position: start } = cursor
  cursor.position++
  const empty = cursor.skipSpace() === CLOSE_BRACE
  cursor.position = start
  return empty
}

/** Compiles a reader of an object that has the JSON of a message as `value`. */
function valueReader(read: ReadPart, scope: Scope): ReadPart {
  return (cursor, out) => {
    const { errors, keys } = cursor
    const base = keys.push()
    let given = false
    for (let more = cursor.enter(); more; more = cursor.nextMember()) {
      const { position } = cursor
      keys.pass(cursor, base)
      const key = readNameAt(cursor, position)
      cursor.colon()
      const before = errors.list.length
      if (key === 'value') {
        given = true
        read(cursor, out)
        if (errors.list.length !== before) errors.prefix(before, key)
      } else {
        if (key !== '@type' && !scope.ignoreUnknown && !errors.full) {
          const description = `unknown field ${quoteName(key)}, only "value" stands beside "@type" of this type`
          errors.add('UNKNOWN_FIELD', key, description)
        }
        skipValue(cursor)
      }
    }
    keys.pop(base)
    if (!given) errors.add('INVALID_VALUE', 'value', 'must stand beside "@type" of this type')
  }
}
