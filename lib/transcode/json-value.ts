import { type DescField, fromBinary } from '@bufbuild/protobuf'
import { getField, type LocalMessage } from '../codec/local.ts'
import { compileFieldToWire } from '../codec/to-wire/compile.ts'
import type { Violations } from '../codec/violations.ts'

/** Reads a JSON value as what protobuf-es keeps for a field. Undefined for null, and for what is reported. */
export type ReadJson = (json: unknown, errors: Violations) => unknown

/**
 * Compiles a reader of the JSON of one field. It goes by way of the codec that bodies are read with, so that one value can never
 * mean two things.
 */
export function compileJsonValue(field: DescField): ReadJson {
  const toWire = compileFieldToWire(field)
  return (json: unknown, errors: Violations) => {
    const before = errors.list.length
    const wire = toWire(Buffer.from(JSON.stringify(json)), errors)
    if (errors.list.length > before) return undefined
    return getField(fromBinary(field.parent, wire) as unknown as LocalMessage, field)
  }
}
