import { type DescMessage, fromBinary, type Message } from '@bufbuild/protobuf'
import { compileToWire, type ToWireOptions } from '../../../../lib/codec/to-wire/compile.ts'
import { type Violation, Violations } from '../../../../lib/codec/violations.ts'

/** Brings the JSON text of a message to the wire, and reads it from there when nothing was wrong. */
export function toWireWith(
  desc: DescMessage,
  text: string,
  options?: ToWireOptions
): { message: Message | undefined; wire: Uint8Array; violations: readonly Violation[] } {
  const errors = new Violations()
  const wire = compileToWire(desc, options)(Buffer.from(text), errors)
  return { message: errors.list.length === 0 ? fromBinary(desc, wire) : undefined, wire, violations: errors.list }
}

/** What is wrong with a JSON text, one line each: `field: description`. */
export function complaints(desc: DescMessage, text: string, options?: ToWireOptions): string[] {
  return toWireWith(desc, text, options).violations.map(({ field, description }) => `${field}: ${description}`)
}

/** What becomes of the text of one field of a message: the value that comes out of the wire, or what is wrong with it. */
export function outcome(desc: DescMessage, field: string, text: string, options?: ToWireOptions): unknown {
  const { message, violations } = toWireWith(desc, `{${JSON.stringify(field)}:${text}}`, options)
  const local = desc.fields.find(({ name }) => name === field)!.localName
  return violations[0]?.description ?? (message as unknown as Record<string, unknown>)[local]
}
