import type { DescExtension, DescField, Registry } from '@bufbuild/protobuf'
import { type Compiled, codecScopes } from '../scopes.ts'
import type { MessagePrinter, PrintStyle, Scope } from './message-printer.ts'
import { ObjectPrinter } from './object-printer.ts'
import { wellKnownPrinter } from './well-known.ts'

/** Options of `compileToJson` and the like. */
export interface ToJsonOptions extends PrintStyle {
  /** Fields with presence that are printed as null when they are not set. Default: none. */
  nulls: ReadonlySet<DescField>
}

/** How answers are printed unless a route plugin says something else. */
export const printDefaults: ToJsonOptions = {
  fieldNames: 'proto',
  implicitFields: true,
  enums: 'short',
  int64: 'string',
  registry: undefined,
  nulls: new Set()
}

const scopes = codecScopes<MessagePrinter>()

/** What printers share that are compiled with these options; they share it with those compiled before with equal ones. */
export function scopeOf(options: Partial<ToJsonOptions> = {}): Scope {
  const { registry, nulls, ...style } = { ...printDefaults, ...options }
  const nullable = new Set([...nulls].map(String))
  const key = JSON.stringify([style.fieldNames, style.implicitFields, style.enums, style.int64, [...nullable].sort()])
  return newScope({ ...style, registry }, nullable, scopes(key, registry))
}

/** @param nullable what fields with `nulls` are called by their `toString`. */
function newScope(style: PrintStyle, nullable: ReadonlySet<string>, printers: Compiled<MessagePrinter>): Scope {
  const extensions = extensionsByMessage(style.registry)
  const scope: Scope = {
    ...style,
    isNullable: field => nullable.has(String(field)),
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
    const known = byMessage.get(type.extendee.typeName)
    if (known === undefined) byMessage.set(type.extendee.typeName, [type])
    else known.push(type)
  }
  return byMessage
}
