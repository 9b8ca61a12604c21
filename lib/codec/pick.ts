import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { StartError } from '../../errors.ts'
import { memberOf, rivalsOf } from './to-json/compile-member.ts'
import type { Scope } from './to-json/message-printer.ts'
import { printWire } from './to-json/run.ts'
import { scopeOf } from './to-json/scope.ts'
import { messagePrinting } from './to-json/singular.ts'
import { UnwrappedPrinter } from './to-json/unwrapped-printer.ts'

/**
 * Reads one field out of the wire format of a message, as the text that a path or a header shows: `5`, `true`, the short
 * name of an enum. Undefined when it is not set, which without presence is when it is zero or empty.
 *
 * @throws PrintError when the bytes are malformed on the way to the field.
 */
export type PickField = (wire: Uint8Array) => string | undefined

/**
 * Compiles a reader of one field; the rest of a message is skipped.
 *
 * @param path the proto names from the message to the field, with dots between: of singular messages, and at the end of a
 * scalar or an enum.
 * @throws StartError when the path leads to no such field.
 */
export function compilePick(desc: DescMessage, path: string): PickField {
  // Zeroes are left out by the printer of the field.
  const scope = scopeOf({ implicitFields: false })
  const printer = pathPrinter(fieldsOf(desc, path), scope)
  return wire => {
    const text = printWire(wire, printer, desc.typeName)
    return text.length === 0 ? undefined : String(JSON.parse(text.toString()))
  }
}

/** A printer of the value that the first field, and in it the others, lead to; of nothing when one of them is not set. */
function pathPrinter([field, ...rest]: [DescField, ...DescField[]], scope: Scope): UnwrappedPrinter {
  const [next, ...others] = rest
  const printer = new UnwrappedPrinter(() => {
    const leaf = memberOf(field, 0, scope)
    const isDelimited = field.fieldKind === 'message' && field.delimitedEncoding
    const member =
      next === undefined
        ? leaf
        : { ...leaf, ...messagePrinting(field.number, pathPrinter([next, ...others], scope), isDelimited) }
    return { shown: [member], hidden: rivalsOf(field, scope), printAbsent: () => {} }
  })
  printer.link(scope)
  return printer
}

function fieldsOf(desc: DescMessage, path: string): [DescField, ...DescField[]] {
  const fields: DescField[] = []
  let parent: DescMessage | undefined = desc
  for (const name of path.split('.')) {
    const field: DescField | undefined = parent?.fields.find(candidate => candidate.name === name)
    if (field === undefined) throw refused(desc, `no field "${path}"`)
    if (field.fieldKind === 'list' || field.fieldKind === 'map') throw refused(desc, `"${path}" has no single value`)
    fields.push(field)
    parent = field.message
  }
  if (parent !== undefined) throw refused(desc, `"${path}" is a message, only one of its fields can be picked`)
  return fields as [DescField, ...DescField[]]
}

function refused(desc: DescMessage, reason: string): StartError {
  return new StartError('SLUICE_ERR_OPTION_INVALID', [desc.typeName, reason])
}
