/** Which fields of a message are messages; all others are compared as they are. */
export interface Shape {
  [field: number]: Shape
}

type Field = [field: number, value: number | string | Field[]]

const anyValue: Shape = {}
anyValue[5] = { 1: anyValue }
const keyValue: Shape = { 2: anyValue }
const resource: Shape = { 1: keyValue }
const scope: Shape = { 3: keyValue }
const event: Shape = { 3: keyValue }
const link: Shape = { 4: keyValue }
const span: Shape = { 9: keyValue, 11: event, 13: link, 15: {} }

/** `ExportTraceServiceRequest`. */
export const exportRequest: Shape = { 1: { 1: resource, 2: { 1: scope, 2: span } } }

/** What a message says, in its order: without fields that are zero, which are as good as none. */
export function fieldsIn(bytes: Uint8Array, shape: Shape): Field[] {
  const view = Buffer.from(bytes)
  const fields: Field[] = []
  let at = 0

  function varint(): bigint {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = BigInt(view[at++]!)
      value |= (byte & 0x7fn) << shift
      if (byte < 0x80n) return value
    }
  }

  function read(field: number, wireType: number): Field[1] {
    if (wireType === 0) return String(varint())
    const length = wireType === 1 ? 8 : wireType === 5 ? 4 : Number(varint())
    const content = view.subarray(at, at + length)
    at += length
    const inner = shape[field]
    return wireType === 2 && inner !== undefined ? fieldsIn(content, inner) : content.toString('latin1')
  }

  while (at < view.length) {
    const tag = Number(varint())
    const value = read(tag >>> 3, tag & 7)
    const isZero = value === '0' || value.toString() === ''
    // Of the kinds of an attribute, one that is zero is one all the same.
    if (!isZero || shape === anyValue) fields.push([tag >>> 3, value])
  }
  return fields
}
