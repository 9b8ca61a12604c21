/**
 * Header fields, their names and values in turn: `['name', 'value', 'name', 'value']`. Names are lower-case; a value has one
 * character per octet (latin1).
 */
export type HeaderFields = readonly string[]

/** What RFC 9113, section 6.5.2, and RFC 7541, section 4.1, add to the octets of a field for its size. */
export const fieldOverheadBytes = 32

/** The size of a field, in bytes. */
export function fieldBytes(name: string, value: string): number {
  return name.length + value.length + fieldOverheadBytes
}

/** The size of a list of them, in bytes. */
export function fieldListBytes(fields: HeaderFields): number {
  let bytes = 0
  for (let at = 0; at < fields.length; at += 2) bytes += fieldBytes(fields[at]!, fields[at + 1]!)
  return bytes
}
