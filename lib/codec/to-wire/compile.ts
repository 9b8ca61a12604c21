import type { DescField, DescMessage, Registry } from '@bufbuild/protobuf'
import { isWrapperDesc } from '@bufbuild/protobuf/wkt'
import { type Compiled, codecScopes } from '../scopes.ts'
import type { Violations } from '../violations.ts'
import { anyReader } from './any.ts'
import { LOWER_N } from './characters.ts'
import { Cursor } from './cursor.ts'
import type { IntegerStyle } from './decimal.ts'
import { fieldMaskReader } from './field-mask.ts'
import { fieldReader, takesNull } from './fields.ts'
import { readJson, readListValue, readStruct } from './free-json.ts'
import { objectReader } from './message.ts'
import type { ReadPart } from './outcome.ts'
import type { Scope } from './scope.ts'
import { passNull } from './skip.ts'
import { readDuration, readTimestamp } from './time.ts'
import { Writer } from './writer.ts'

export interface ToWireOptions {
  /** What becomes of a field that the message does not have. Default: reject. */
  unknownFields?: 'reject' | 'ignore' | undefined
  /** The types that a google.protobuf.Any may hold, and the extensions that may be named. Default: none. */
  registry?: Registry | undefined
  /**
   * How strict the spelling of values is. `strict`: an integer is written as one (no `1e2`, `1.0`, `-0`), and one beyond
   * 2^53 - 1 as a string; an unknown name of an enum is refused; a field mask may use the proto names. `protojson`: exactly
   * what https://protobuf.dev/programming-guides/json/ says, by which `unknownFields: 'ignore'` ignores unknown names of
   * enums too. Ranges are checked by all digits in both. Default: strict.
   */
  numbers?: IntegerStyle | undefined
}

/**
 * Turns the JSON text of a message, or of a field, into its wire format. What is wrong goes to `errors`; only when nothing
 * was added are the bytes complete.
 *
 * @throws BindError INVALID_JSON when the text is no JSON, DUPLICATE_KEY when an object has a key twice.
 */
export type ToWire = (json: Uint8Array, errors: Violations) => Uint8Array

const scopes = codecScopes<ReadPart>()

/** There is one of each, as nothing waits while a text is read. */
const cursor = new Cursor()
const out = new Writer(256 * 1024)

/**
 * Compiles the way from the ProtoJSON of a message (https://protobuf.dev/programming-guides/json/) to its wire format: one
 * pass over the text, without values or message objects in between. The names of fields may be the proto names or the
 * JSON names, and the values of enums have their short names too.
 *
 * Fields come in the order of the text. Whether the required fields of proto2 are there is not asked: what a message has
 * may also come from elsewhere in a request.
 */
export function compileToWire(desc: DescMessage, options: ToWireOptions = {}): ToWire {
  return toWire(scopeOf(options).messageReader(desc))
}

/** Compiles the way from the ProtoJSON of one field to the wire format of the field with its tag. Null has no bytes. */
export function compileFieldToWire(field: DescField, options: ToWireOptions = {}): ToWire {
  const read = fieldReader(field, scopeOf(options))
  const nullIsValue = takesNull(field)
  return toWire((from, to) => {
    if (from.byte === LOWER_N && !nullIsValue) passNull(from)
    else read(from, to)
  })
}

function toWire(read: ReadPart): ToWire {
  return (json, errors) => {
    try {
      cursor.start(json, errors)
      out.start()
      read(cursor, out)
      cursor.finish()
      return out.finish()
    } finally {
      cursor.release()
      out.release()
    }
  }
}

function scopeOf({ unknownFields = 'reject', registry, numbers = 'strict' }: ToWireOptions): Scope {
  const ignoreUnknown = unknownFields === 'ignore'
  const readers = scopes(`${unknownFields} ${numbers}`, registry)
  const scope: Scope = {
    style: numbers,
    ignoreUnknown,
    ignoreUnknownEnums: ignoreUnknown && numbers === 'protojson',
    registry,
    messageReader: desc => readers.get(desc) ?? compileMessage(desc, scope, readers)
  }
  return scope
}

function compileMessage(desc: DescMessage, scope: Scope, readers: Compiled<ReadPart>): ReadPart {
  const wellKnown = wellKnownReader(desc, scope)
  if (wellKnown !== undefined) {
    readers.set(desc, wellKnown)
    return wellKnown
  }
  const { read, compileFields } = objectReader(desc, scope)
  // Before its fields are compiled, as one of them may hold the same message.
  readers.set(desc, read)
  compileFields()
  return read
}

/** The reader of a message that has a JSON form of its own, or undefined for any other. */
function wellKnownReader(desc: DescMessage, scope: Scope): ReadPart | undefined {
  switch (desc.typeName) {
    case 'google.protobuf.Any':
      return anyReader(scope)
    case 'google.protobuf.Timestamp':
      return readTimestamp
    case 'google.protobuf.Duration':
      return readDuration
    case 'google.protobuf.FieldMask':
      return fieldMaskReader(scope.style)
    case 'google.protobuf.Struct':
      return readStruct
    case 'google.protobuf.Value':
      return readJson
    case 'google.protobuf.ListValue':
      return readListValue
    default:
      return isWrapperDesc(desc) ? fieldReader(desc.fields[0], scope) : undefined
  }
}
