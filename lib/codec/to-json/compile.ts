import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { loneMemberOf, rivalsOf } from './compile-member.ts'
import { printWire } from './run.ts'
import { scopeOf, type ToJsonOptions } from './scope.ts'
import { UnwrappedPrinter } from './unwrapped-printer.ts'

export type { ToJsonOptions } from './scope.ts'

/**
 * Makes JSON text of the wire format of a message. The text is the caller's own.
 *
 * @throws PrintError when a part has no JSON form, or the bytes are no such message.
 */
export type ToJson = (wire: Uint8Array) => Buffer

/** Compiles a printer of the ProtoJSON of a message (https://protobuf.dev/programming-guides/json/). */
export function compileToJson(desc: DescMessage, options?: Partial<ToJsonOptions>): ToJson {
  const printer = scopeOf(options).printerOf(desc)
  return wire => printWire(wire, printer, desc.typeName)
}

/**
 * Compiles a printer of one field of a message: of its value, or of null when it has presence and is not set. Without
 * presence, it is printed as what it is when it is not set: zero, `[]`, `{}`.
 */
export function compileFieldToJson(field: DescField, options?: Partial<ToJsonOptions>): ToJson {
  const scope = scopeOf(options)
  const { member, printAbsent } = loneMemberOf(field, scope)
  const printer = new UnwrappedPrinter(() => ({ shown: [member], hidden: rivalsOf(field, scope), printAbsent }))
  printer.link(scope)
  return wire => printWire(wire, printer, field.parent.typeName)
}
