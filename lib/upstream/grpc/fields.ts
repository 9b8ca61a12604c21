import type { HeaderFields } from '../hpack/header-fields.ts'

/** No fields at all. */
export const noFields: HeaderFields = []

export function hasField(fields: HeaderFields, name: string): boolean {
  for (let at = 0; at < fields.length; at += 2) if (fields[at] === name) return true
  return false
}

/** The value of a field; of one that came more than once all, with commas (RFC 9110, section 5.3). Null: it did not come. */
export function fieldOf(fields: HeaderFields, name: string): string | null {
  let value: string | null = null
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at] === name) value = value === null ? fields[at + 1]! : `${value}, ${fields[at + 1]}`
  }
  return value
}

/**
 * The values of a field whose name ends with `-bin`: base64, with or without padding. What is no base64 is skipped over, as
 * Node does.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests ("Binary-Header")
 */
export function binaryValuesOf(fields: HeaderFields, name: string): Uint8Array[] {
  const value = fieldOf(fields, name)
  return value === null ? [] : value.split(',').map(part => Buffer.from(part, 'base64'))
}

/** Adds fields to `target`, without those of HTTP/2 itself. */
export function addFields(target: Headers, fields: HeaderFields): Headers {
  for (let at = 0; at < fields.length; at += 2) {
    const name = fields[at]!
    if (!name.startsWith(':')) target.append(name, fields[at + 1]!)
  }
  return target
}
