import { hasCustomJsonRepresentation } from '@bufbuild/protobuf/wkt'
import { quoteName } from '../nearest.ts'
import { CLOSE_BRACE, OPEN_BRACE, QUOTE } from './characters.ts'
import { type Cursor, spellingOf } from './cursor.ts'
import type { ReadPart } from './outcome.ts'
import { readString } from './scalar.ts'
import type { Scope } from './scope.ts'
import { refuse, skipValue, TYPE_KEY } from './skip.ts'
import { readNameAt } from './strings.ts'
import type { Writer } from './writer.ts'

const URL_TAG = 0x0a
const VALUE_TAG = 0x12

/** A type as the text names it. */
interface AnyType {
  spelling: Uint8Array
  read: ReadPart
}

/**
 * Compiles a reader of google.protobuf.Any, whose JSON names its type in `@type`. The fields of the message stand beside
 * it, or the JSON of a type with a form of its own in `value`.
 */
export function anyReader(scope: Scope): ReadPart {
  const typeAt = typeFinder(scope)
  return (cursor, out) => {
    if (cursor.byte !== OPEN_BRACE) return refuse(cursor, 'must be an object')
    const start = cursor.position
    const place = placeOfType(cursor)
    if (place === undefined && isEmpty(cursor)) return skipValue(cursor)
    const type = place === undefined ? undefined : typeAt(cursor, place)
    if (place === undefined || type === undefined) {
      cursor.errors.add('INVALID_VALUE', '@type', 'must be the URL of a message type that is known here')
      return skipValue(cursor)
    }
    out.byte(URL_TAG)
    cursor.position = place
    readString(cursor, out)
    cursor.position = start
    readContent(cursor, out, type.read)
  }
}

/** Compiles a search for the type whose URL is at a place. It finds nothing when the registry has no such type. */
function typeFinder(scope: Scope): (cursor: Cursor, place: number) => AnyType | undefined {
  let last: AnyType | undefined
  return (cursor, place) => {
    // The types in a list are often the same.
    if (last !== undefined && cursor.isAt(place, last.spelling)) return last
    if (cursor.bytes[place] !== QUOTE) return undefined
    const url = readNameAt(cursor, place)
    const desc = url.includes('/') ? scope.registry?.getMessage(url.slice(url.lastIndexOf('/') + 1)) : undefined
    if (desc === undefined) return undefined
    const read = scope.messageReader(desc)
    const readType = hasCustomJsonRepresentation(desc) ? valueReader(read, scope) : read
    last = { spelling: spellingOf(url), read: readType }
    return last
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
