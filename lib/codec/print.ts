import type { DescField, DescMessage, Message, Registry } from '@bufbuild/protobuf'
import { isScalarZeroValue } from '@bufbuild/protobuf/reflect'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import { isUnwrapped, type LocalMessage, type LocalOneof } from './local.ts'
import { setOwn } from './own.ts'
import { anyPrinter } from './print-any.ts'
import { enumPrinter, type PrintValue, scalarPrinter } from './print-scalar.ts'
import { wellKnownPrinter, wrappedPrinter } from './print-well-known.ts'
import { type Compiled, codecScopes } from './scopes.ts'

export interface PrintOptions {
  /** The names of fields: as in the proto file (`order_id`), or in lowerCamelCase. Default: proto. */
  fieldNames: 'proto' | 'json'
  /** Whether fields without presence are printed when they are zero or empty. Default: true. */
  implicitFields: boolean
  /** Enums: `confirmed`, `ORDER_STATUS_CONFIRMED` or `4`. Default: short. */
  enums: 'short' | 'name' | 'number'
  /** 64-bit integers: always strings, or numbers when these are exact (up to 2^53 - 1). Default: string. */
  int64: 'string' | 'number'
  /** The types that a google.protobuf.Any may hold. Default: none, an Any cannot be printed. */
  registry: Registry | undefined
}

/**
 * Makes a JSON value of a message.
 *
 * @throws PrintError when a part of the message has no JSON form.
 */
export type PrintMessage = (message: Message) => unknown

interface Scope {
  options: PrintOptions
  printers: Compiled<PrintValue>
}

const DEFAULTS: PrintOptions = {
  fieldNames: 'proto',
  implicitFields: true,
  enums: 'short',
  int64: 'string',
  registry: undefined
}

const scopes = codecScopes<PrintValue>()

/** Compiles a printer of the ProtoJSON of a message (https://protobuf.dev/programming-guides/json/). */
export function compilePrinter(desc: DescMessage, options?: Partial<PrintOptions>): PrintMessage {
  return messagePrinter(desc, scopeOf(options))
}

/** Compiles a printer of one field: of what the message holds for it, or null when it is not set. */
export function compileFieldPrinter(field: DescField, options?: Partial<PrintOptions>): PrintMessage {
  const print = fieldValuePrinter(field, scopeOf(options))
  const { localName, oneof } = field
  if (oneof !== undefined) {
    return message => {
      const set = (message as unknown as LocalMessage)[oneof.localName] as LocalOneof
      return set.case === localName ? print(set.value) : null
    }
  }
  return message => {
    const value = (message as unknown as LocalMessage)[localName]
    return value === undefined ? null : print(value)
  }
}

function scopeOf(options: Partial<PrintOptions> = {}): Scope {
  const { registry, ...rest } = { ...DEFAULTS, ...options }
  const key = [rest.fieldNames, rest.implicitFields, rest.enums, rest.int64].join()
  return { options: { ...rest, registry }, printers: scopes(key, registry) }
}

function messagePrinter(desc: DescMessage, scope: Scope): PrintValue {
  const known = scope.printers.get(desc)
  if (known !== undefined) return known
  if (desc.typeName === 'google.protobuf.Any') {
    return anyPrinter(scope.options.registry, type => messagePrinter(type, scope))
  }
  const wellKnown = wellKnownPrinter(desc, scope.options)
  if (wellKnown !== undefined) {
    scope.printers.set(desc, wellKnown)
    return wellKnown
  }
  const members: PrintMember[] = []
  const print = objectPrinter(members)
  // Before its fields are compiled, as one of them may hold the same message.
  scope.printers.set(desc, print)
  for (const field of desc.fields.toSorted((a, b) => a.number - b.number)) members.push(memberPrinter(field, scope))
  return print
}

type PrintMember = (message: LocalMessage, json: Record<string, unknown>) => void

function objectPrinter(members: PrintMember[]): PrintValue {
  return (message: LocalMessage) => {
    const json: Record<string, unknown> = {}
    for (const printMember of members) printMember(message, json)
    return json
  }
}

function memberPrinter(field: DescField, scope: Scope): PrintMember {
  const print = fieldValuePrinter(field, scope)
  const { localName } = field
  const name = scope.options.fieldNames === 'json' ? field.jsonName : field.name
  if (field.oneof !== undefined) {
    const oneofLocalName = field.oneof.localName
    return (message, json) => {
      const oneof = message[oneofLocalName] as LocalOneof
      if (oneof.case === localName) setOwn(json, name, print(oneof.value))
    }
  }
  if (field.presence !== FeatureSet_FieldPresence.IMPLICIT) {
    return (message, json) => {
      // Outside of proto3, the default of a field that is not set shows through from the prototype.
      const value = Object.hasOwn(message, localName) ? message[localName] : undefined
      if (value !== undefined) setOwn(json, name, print(value))
    }
  }
  if (scope.options.implicitFields) return (message, json) => setOwn(json, name, print(message[localName]))
  const isZero = zeroTest(field)
  return (message, json) => {
    const value = message[localName]
    if (!isZero(value)) setOwn(json, name, print(value))
  }
}

/** Tells whether what a field without presence holds is what it holds when it is not set. */
function zeroTest(field: DescField): (value: unknown) => boolean {
  switch (field.fieldKind) {
    case 'list':
      return value => (value as unknown[]).length === 0
    case 'map':
      return value => Object.keys(value as object).length === 0
    case 'enum': {
      const zero = field.enum.values[0]?.number
      return value => value === zero
    }
    case 'scalar': {
      const { scalar } = field
      return value => isScalarZeroValue(scalar, value)
    }
    default:
      return () => false
  }
}

/** The printer of what a message holds for a field. */
function fieldValuePrinter(field: DescField, scope: Scope): PrintValue {
  const printElement = elementPrinter(field, scope)
  if (field.fieldKind === 'list') return (items: unknown[]) => items.map(item => printElement(item))
  if (field.fieldKind === 'map') return mapPrinter(printElement)
  return printElement
}

function mapPrinter(printEntry: PrintValue): PrintValue {
  return (entries: Record<string, unknown>) => {
    const json: Record<string, unknown> = {}
    for (const key of Object.keys(entries)) setOwn(json, key, printEntry(entries[key]))
    return json
  }
}

/** The printer of a singular field, or of an element of a repeated one. */
function elementPrinter(field: DescField, scope: Scope): PrintValue {
  const { int64, enums } = scope.options
  if (field.enum !== undefined) return enumPrinter(field.enum, enums)
  if (field.message === undefined) return scalarPrinter(field.scalar, int64)
  // Fields of this type hold plain JSON, except in google.protobuf.Value, which has a printer of its own.
  if (field.message.typeName === 'google.protobuf.Struct') return json => json
  return isUnwrapped(field) ? wrappedPrinter(field.message, int64) : messagePrinter(field.message, scope)
}
