import { LOWER_N } from './characters.ts'
import type { Cursor } from './cursor.ts'
import { LEFT_OUT, type ReadPart, type ReadValue } from './outcome.ts'
import { refuse, skipValue } from './skip.ts'
import { readNameAt } from './strings.ts'
import type { Writer } from './writer.ts'

/**
 * How many elements an array may have, and how many members an object that is a map. An element of two bytes in the text
 * takes dozens in the memory of the service that reads it.
 */
export const MAX_ELEMENTS = 100_000

export const TOO_MANY = `must not have more than ${MAX_ELEMENTS} elements`

/** Reads each element of the array at the position. */
export function readElements(cursor: Cursor, out: Writer, read: ReadPart): void {
  const { errors } = cursor
  let index = 0
  for (let more = cursor.enter(); more; more = cursor.nextElement()) {
    if (index < MAX_ELEMENTS) {
      const before = errors.list.length
      out.reserve(0)
      read(cursor, out)
      if (errors.list.length !== before) errors.prefix(before, `[${index}]`)
    } else {
      if (index === MAX_ELEMENTS) errors.refuse(TOO_MANY)
      skipValue(cursor)
    }
    index++
  }
}

/** What the entries of a map are made of. On the wire, each is a message of a key and a value. */
export interface EntryParts {
  tag: number
  keyTag: number
  readKey: ReadValue
  valueTag: number
  readValue: ReadValue
  /** Whether null is a value rather than none. */
  nullIsValue: boolean
  /** The name of an entry in the path of a violation. */
  segmentOf: (key: string) => string
}

/** Reads each member of the object at the position as an entry of a map. */
export function readEntries(cursor: Cursor, out: Writer, parts: EntryParts): void {
  const { errors, keys } = cursor
  const base = keys.push()
  let index = 0
  for (let more = cursor.enter(); more; more = cursor.nextMember()) {
    const key = cursor.position
    keys.pass(cursor, base)
    if (index < MAX_ELEMENTS) {
      cursor.position = key
      const before = errors.list.length
      readEntry(cursor, out, parts)
      if (errors.list.length !== before) errors.prefix(before, parts.segmentOf(readNameAt(cursor, key)))
    } else {
      if (index === MAX_ELEMENTS) errors.refuse(TOO_MANY)
      cursor.colon()
      skipValue(cursor)
    }
    index++
  }
  keys.pop(base)
}

function readEntry(cursor: Cursor, out: Writer, parts: EntryParts): void {
  out.reserve(0)
  const before = out.position
  out.varint32(parts.tag)
  const start = out.begin()
  out.varint32(parts.keyTag)
  parts.readKey(cursor, out)
  cursor.colon()
  out.reserve(0)
  out.varint32(parts.valueTag)
  const isNull = cursor.byte === LOWER_N && !parts.nullIsValue
  const outcome = isNull ? refuse(cursor, 'must not be null') : parts.readValue(cursor, out)
  out.end(start)
  if (outcome === LEFT_OUT) out.position = before
}
