import type { DescExtension, DescField, DescMessage, Registry } from '@bufbuild/protobuf'
import { PrintError } from '../../transcode/errors.ts'
import { type Compiled, codecScopes } from '../scopes.ts'
import { loneMemberOf, memberOf } from './compile-member.ts'
import { JsonBuffer } from './json-buffer.ts'
import { DISORDER, type MessagePrinter, type PrintStyle, type Scope } from './message-printer.ts'
import { ObjectPrinter } from './object-printer.ts'
import { UnwrappedPrinter } from './unwrapped-printer.ts'
import { wellKnownPrinter } from './well-known.ts'
import { WireCursor, WireError } from './wire-cursor.ts'

export interface ToJsonOptions {
  /** The names of fields: as in the proto file (`order_id`), or in lowerCamelCase. Default: proto. */
  fieldNames: 'proto' | 'json'
  /** Whether fields without presence are printed when they are zero or empty. Default: true. */
  implicitFields: boolean
  /** Enums: `confirmed`, `ORDER_STATUS_CONFIRMED` or `4`. Default: short. */
  enums: 'short' | 'name' | 'number'
  /** 64-bit integers: always strings, or numbers when these are exact (up to 2^53 - 1). Default: string. */
  int64: 'string' | 'number'
  /** The types that a google.protobuf.Any may hold, and the extensions. Default: none, an Any cannot be printed. */
  registry: Registry | undefined
  /** Fields with presence that are printed as null when they are not set. Default: none. */
  nulls: ReadonlySet<DescField>
}

/**
 * Makes JSON text of the wire format of a message. The text is the caller's own.
 *
 * @throws PrintError when a part has no JSON form, or the bytes are no such message.
 */
export type ToJson = (wire: Uint8Array) => Buffer

const DEFAULTS: ToJsonOptions = {
  fieldNames: 'proto',
  implicitFields: true,
  enums: 'short',
  int64: 'string',
  registry: undefined,
  nulls: new Set()
}

const scopes = codecScopes<MessagePrinter>()

/** Where all text is written first. Printing is synchronous, so that no two messages are ever in it. */
const out = new JsonBuffer()

/** Compiles a printer of the ProtoJSON of a message (https://protobuf.dev/programming-guides/json/). */
export function compileToJson(desc: DescMessage, options?: Partial<ToJsonOptions>): ToJson {
  const printer = scopeOf(options).printerOf(desc)
  return wire => toJson(wire, printer, desc.typeName)
}

/**
 * Compiles a printer of one field of a message: of its value, or of null when it has presence and is not set. Without
 * presence, it is printed as what it is when it is not set: zero, `[]`, `{}`.
 */
export function compileFieldToJson(field: DescField, options?: Partial<ToJsonOptions>): ToJson {
  const scope = scopeOf(options)
  const rivals = field.oneof?.fields.filter(other => other !== field) ?? []
  const printer = new UnwrappedPrinter(() => {
    const { member, printAbsent } = loneMemberOf(field, scope)
    return { shown: [member], hidden: rivals.map((rival, index) => memberOf(rival, index + 1, scope)), printAbsent }
  })
  printer.link(scope)
  return wire => toJson(wire, printer, field.parent.typeName)
}

function toJson(wire: Uint8Array, printer: MessagePrinter, typeName: string): Buffer {
  try {
    print(wire, printer)
    return out.take()
  } catch (error) {
    out.clear()
    if (!(error instanceof WireError)) throw error
    throw new PrintError(`${typeName}: the bytes are malformed: ${error.message}`, { cause: error })
  }
}

function print(wire: Uint8Array, printer: MessagePrinter): void {
  try {
    printer.print(new WireCursor(wire, true), out)
  } catch (error) {
    if (error !== DISORDER) throw error
    out.clear()
    printer.print(new WireCursor(wire, false), out)
  }
}

function scopeOf(options: Partial<ToJsonOptions> = {}): Scope {
  const { registry, nulls, ...style } = { ...DEFAULTS, ...options }
  const nullNames = new Set([...nulls].map(field => `${field.parent.typeName}.${field.name}`))
  const key = JSON.stringify([style.fieldNames, style.implicitFields, style.enums, style.int64, [...nullNames].sort()])
  return newScope({ ...style, registry }, nullNames, scopes(key, registry))
}

function newScope(style: PrintStyle, nulls: ReadonlySet<string>, printers: Compiled<MessagePrinter>): Scope {
  const extensions = extensionsByMessage(style.registry)
  const scope: Scope = {
    ...style,
    isNullable: field => nulls.has(`${field.parent.typeName}.${field.name}`),
    extensionsOf: desc => extensions.get(desc.typeName) ?? [],
    printerOf(desc) {
      const known = printers.get(desc)
      if (known !== undefined) return known
      const printer = wellKnownPrinter(desc, style) ?? new ObjectPrinter(desc)
      // Before its fields are compiled, as one of them may hold the same message.
      printers.set(desc, printer)
      printer.link(scope)
      return printer
    }
  }
  return scope
}

function extensionsByMessage(registry: Registry | undefined): Map<string, DescExtension[]> {
  const byMessage = new Map<string, DescExtension[]>()
  for (const type of registry ?? []) {
    if (type.kind !== 'extension') continue
    const { typeName } = type.extendee
    byMessage.set(typeName, [...(byMessage.get(typeName) ?? []), type])
  }
  return byMessage
}
