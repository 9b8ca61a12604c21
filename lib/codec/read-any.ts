import { create, type DescMessage, type Message, type Registry } from '@bufbuild/protobuf'
import { AnySchema, anyPack, hasCustomJsonRepresentation } from '@bufbuild/protobuf/wkt'
import { setOwn } from './own.ts'
import type { ReadValue } from './read-scalar.ts'
import type { Violations } from './violations.ts'

/**
 * Compiles a reader of google.protobuf.Any, whose JSON names its type in `@type`. The fields of the message stand beside
 * it, or the JSON of a type with a form of its own in `value`.
 *
 * @param registry the types that it may hold; without one, none.
 * @param readerOf the reader of a type.
 */
export function anyReader(registry: Registry | undefined, readerOf: (desc: DescMessage) => ReadValue): ReadValue {
  return (json, errors) => {
    if (typeof json !== 'object' || json === null || Array.isArray(json)) return errors.refuse('must be an object')
    if (Object.keys(json).length === 0) return create(AnySchema)
    const desc = typeOf(json, registry, errors)
    if (desc === undefined || !errors.enter()) return undefined
    const before = errors.list.length
    const message = hasCustomJsonRepresentation(desc)
      ? readValue(json, readerOf(desc), errors)
      : readerOf(desc)(withoutType(json), errors)
    errors.leave()
    return errors.list.length === before ? anyPack(desc, message as Message) : undefined
  }
}

function typeOf(json: object, registry: Registry | undefined, errors: Violations): DescMessage | undefined {
  const url: unknown = Object.hasOwn(json, '@type') ? (json as { '@type': unknown })['@type'] : undefined
  const slash = typeof url === 'string' ? url.lastIndexOf('/') : -1
  const desc = slash === -1 ? undefined : registry?.getMessage((url as string).slice(slash + 1))
  if (desc === undefined) errors.add('INVALID_VALUE', '@type', 'must be the URL of a message type that is known here')
  return desc
}

function readValue(json: object, read: ReadValue, errors: Violations): unknown {
  const { '@type': _, value, ...others } = json as Record<string, unknown>
  for (const name of Object.keys(others)) {
    errors.add('UNKNOWN_FIELD', name, `unknown field "${name}", only "value" stands beside "@type" of this type`)
  }
  const before = errors.list.length
  const message = read(value, errors)
  errors.prefix(before, 'value')
  return message
}

function withoutType(json: object): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(json)) if (name !== '@type') setOwn(fields, name, value)
  return fields
}
