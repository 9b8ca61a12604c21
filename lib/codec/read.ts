import { create, type DescField, type DescMessage, type Message, type Registry } from '@bufbuild/protobuf'
import { isUnwrapped, type LocalMessage } from './local.ts'
import { fieldsByName } from './names.ts'
import { didYouMean, quoteName } from './nearest.ts'
import { setOwn } from './own.ts'
import { anyReader } from './read-any.ts'
import { enumReader, type ReadText, type ReadValue, scalarReader, scalarTextReader } from './read-scalar.ts'
import { readJsonObject, wellKnownReader, wrappedReader } from './read-well-known.ts'
import { type Compiled, codecScopes } from './scopes.ts'
import type { Violations } from './violations.ts'

export interface ReadOptions {
  /** What becomes of a field that the message does not have; an unknown enum name is always rejected. Default: reject. */
  unknownFields?: 'reject' | 'ignore' | undefined
  /** The types that a google.protobuf.Any may hold. Default: none, an Any is rejected. */
  registry?: Registry | undefined
}

/**
 * Reads a JSON value as a message. What is wrong goes to `errors`, each with its place behind `path`; only when nothing
 * was added is the message complete. It may share parts (google.protobuf.Struct) with the JSON value.
 */
export type ReadMessage = (json: unknown, errors: Violations, path: string) => Message

interface Scope {
  unknownFields: 'reject' | 'ignore'
  registry: Registry | undefined
  readers: Compiled<ReadValue>
}

const scopes = codecScopes<ReadValue>()

/**
 * Compiles a reader of the ProtoJSON of a message (https://protobuf.dev/programming-guides/json/), which is stricter than
 * the specification where it allows to guess: see the rules beside `scalarReader`. Both names of a field are read, and
 * enum values by their short names too.
 */
export function compileReader(desc: DescMessage, options: ReadOptions = {}): ReadMessage {
  const read = messageReader(desc, scopeOf(options))
  return (json, errors, path) => {
    const before = errors.list.length
    const message = read(json, errors)
    errors.prefix(before, path)
    // A message that could not be read at all has been reported, what is returned for it does not matter.
    return (message ?? create(desc)) as Message
  }
}

/** Compiles a reader of the ProtoJSON of one field: what protobuf-es keeps in the message, or undefined for null. */
export function compileFieldReader(field: DescField, options: ReadOptions = {}): ReadValue {
  const read = fieldValueReader(field, scopeOf(options))
  const nullIsValue = takesNull(field)
  return (json, errors) => (json === null && !nullIsValue ? undefined : read(json, errors))
}

function scopeOf({ unknownFields = 'reject', registry }: ReadOptions): Scope {
  return { unknownFields, registry, readers: scopes(unknownFields, registry) }
}

function messageReader(desc: DescMessage, scope: Scope): ReadValue {
  const known = scope.readers.get(desc)
  if (known !== undefined) return known
  if (desc.typeName === 'google.protobuf.Any') return anyReader(scope.registry, type => messageReader(type, scope))
  const wellKnown = wellKnownReader(desc)
  if (wellKnown !== undefined) {
    scope.readers.set(desc, wellKnown)
    return wellKnown
  }
  const members = new Map<string, Member>()
  const read = objectReader(desc, members, scope.unknownFields === 'ignore')
  // Before its fields are compiled, as one of them may hold the same message.
  scope.readers.set(desc, read)
  for (const [name, field] of fieldsByName(desc)) members.set(name, memberReader(name, field, scope))
  return read
}

/** One way to write a field in a JSON object. */
interface Member {
  /** The other name of the field, when this is its JSON name. */
  twin: string | undefined
  read: (message: LocalMessage, json: unknown, errors: Violations) => void
}

function objectReader(desc: DescMessage, members: Map<string, Member>, ignoreUnknown: boolean): ReadValue {
  return (json, errors) => {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return errors.refuse('must be an object')
    if (!errors.enter()) return undefined
    const message = create(desc) as unknown as LocalMessage
    const object = json as LocalMessage
    for (const key of Object.keys(object)) {
      const member = members.get(key)
      const before = errors.list.length
      if (member === undefined) {
        if (ignoreUnknown) continue
        errors.add('UNKNOWN_FIELD', key, `unknown field ${quoteName(key)}${didYouMean(key, members.keys())}`)
      } else {
        if (member.twin !== undefined && Object.hasOwn(object, member.twin)) {
          errors.add('REPEATED_FIELD', '', `must not be given as "${member.twin}" too, which is the same field`)
        }
        member.read(message, object[key], errors)
        if (errors.list.length !== before) errors.prefix(before, key)
      }
      if (errors.full) break
    }
    errors.leave()
    return message
  }
}

function memberReader(name: string, field: DescField, scope: Scope): Member {
  const twin = name === field.name ? undefined : field.name
  const { localName } = field
  const read = fieldValueReader(field, scope)
  const nullIsValue = takesNull(field)
  if (field.oneof === undefined) {
    return {
      twin,
      read: (message, json, errors) => {
        // The message is new, so that null has nothing to reset.
        if (json !== null || nullIsValue) message[localName] = read(json, errors)
      }
    }
  }
  const { name: oneofName, localName: oneofLocalName } = field.oneof
  return {
    twin,
    read: (message, json, errors) => {
      if (json === null && !nullIsValue) return
      if ((message[oneofLocalName] as { case?: string }).case !== undefined) {
        errors.add('REPEATED_FIELD', '', `must not be given beside another field of "${oneofName}"`)
      }
      message[oneofLocalName] = { case: localName, value: read(json, errors) }
    }
  }
}

/** Whether null is a value of this field rather than its absence. */
function takesNull(field: DescField): boolean {
  return field.message?.typeName === 'google.protobuf.Value' || field.enum?.typeName === 'google.protobuf.NullValue'
}

/** The reader of what protobuf-es keeps for a field. It is given null only when that is a value of the field. */
function fieldValueReader(field: DescField, scope: Scope): ReadValue {
  const readElement = elementReader(field, scope)
  if (field.fieldKind === 'list') return listReader(readElement, takesNull(field))
  if (field.fieldKind === 'map') return mapReader(scalarTextReader(field.mapKey), readElement, takesNull(field))
  return readElement
}

/** The reader of a singular field, or of an element of a repeated one. */
function elementReader(field: DescField, scope: Scope): ReadValue {
  if (field.enum !== undefined) return enumReader(field.enum)
  if (field.message === undefined) return scalarReader(field.scalar, 'longAsString' in field && field.longAsString)
  // LocalMessage of this type hold the plain object, except in google.protobuf.Value, which has a reader of its own.
  if (field.message.typeName === 'google.protobuf.Struct') return readJsonObject
  return isUnwrapped(field) ? wrappedReader(field.message) : messageReader(field.message, scope)
}

function listReader(readItem: ReadValue, nullIsValue: boolean): ReadValue {
  return (json, errors) => {
    if (!Array.isArray(json)) return errors.refuse('must be an array')
    const items: unknown[] = []
    for (let index = 0; index < json.length; index++) {
      const item = json[index]
      const before = errors.list.length
      items.push(item === null && !nullIsValue ? errors.refuse('must not be null') : readItem(item, errors))
      if (errors.list.length !== before) {
        errors.prefix(before, `[${index}]`)
        if (errors.full) break
      }
    }
    return items
  }
}

function mapReader(readKey: ReadText, readEntry: ReadValue, nullIsValue: boolean): ReadValue {
  return (json, errors) => {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return errors.refuse('must be an object')
    const entries: LocalMessage = {}
    for (const [name, value] of Object.entries(json)) {
      const before = errors.list.length
      const key = readKey(name, errors)
      const entry = value === null && !nullIsValue ? errors.refuse('must not be null') : readEntry(value, errors)
      if (errors.list.length === before) setOwn(entries, String(key), entry)
      else {
        errors.prefix(before, `[${quoteName(name)}]`)
        if (errors.full) break
      }
    }
    return entries
  }
}
