import { COMMA, isDigit, POINT, QUOTE } from './characters.ts'
import type { Text } from './cursor.ts'
import type { IntegerStyle } from './decimal.ts'
import { MAX_ELEMENTS, TOO_MANY } from './elements.ts'
import type { ReadPart } from './outcome.ts'
import { refuse, refuseFrom } from './skip.ts'
import { readText } from './strings.ts'
import type { Writer } from './writer.ts'

const UNDERSCORE = 0x5f
/** What a letter has more in lower case. */
const CASE = 0x20

const PATHS_TAG = 0x0a
const DESCRIPTION = 'must be field paths with commas between them, such as "title,author.name"'

/**
 * Compiles a reader of google.protobuf.FieldMask: `"title,author.name"`. ProtoJSON writes the paths in lowerCamelCase; a
 * path with an underscore is taken as written, so that a mask can use the same names as the fields beside it. The style
 * `protojson` refuses these.
 */
export function fieldMaskReader(style: IntegerStyle): ReadPart {
  return (cursor, out) => {
    if (cursor.byte !== QUOTE) return refuse(cursor, DESCRIPTION)
    const before = cursor.position
    readText(cursor)
    const { text } = cursor
    if (text.start === text.end) return
    let start = text.start
    for (let count = 1; ; count++) {
      const end = endOfPath(text, start)
      const asWritten = hasUnderscore(text, start, end)
      if (end === -1 || (asWritten && style === 'protojson')) return refuseFrom(cursor, before, DESCRIPTION)
      if (count > MAX_ELEMENTS) return refuseFrom(cursor, before, TOO_MANY)
      writePath(out, text, start, end, asWritten)
      if (end === text.end) return
      start = end + 1
    }
  }
}

/** Where the path of names with points between them ends, or -1 when there is none or something else follows. */
function endOfPath(text: Text, start: number): number {
  const { bytes, end } = text
  let first = true
  let position = start
  for (; position < end; position++) {
    const byte = bytes[position]!
    if (isLetter(byte) || (isDigit(byte) && !first)) {
      first = false
    } else if (byte === POINT && !first) {
      first = true
    } else if (byte === COMMA && !first) {
      return position
    } else {
      return -1
    }
  }
  return first ? -1 : position
}

function isLetter(byte: number): boolean {
  const lower = byte | CASE
  return (lower >= 0x61 && lower <= 0x7a) || byte === UNDERSCORE
}

function isUpper(byte: number): boolean {
  return byte >= 0x41 && byte <= 0x5a
}

function hasUnderscore(text: Text, start: number, end: number): boolean {
  for (let position = start; position < end; position++) {
    if (text.bytes[position] === UNDERSCORE) return true
  }
  return false
}

/** Writes a path in the proto names: `bornIn` is `born_in`. */
function writePath(out: Writer, text: Text, start: number, end: number, asWritten: boolean): void {
  out.reserve(2 * (end - start))
  out.byte(PATHS_TAG)
  const path = out.beginText()
  for (let position = start; position < end; position++) {
    const byte = text.bytes[position]!
    if (isUpper(byte) && !asWritten) {
      out.byte(UNDERSCORE)
      out.byte(byte | CASE)
    } else {
      out.byte(byte)
    }
  }
  out.endText(path)
}
