// ExportTraceServiceRequest.resource_spans (1), ResourceSpans.scope_spans (2), ScopeSpans.spans (2).
const path = [1, 2, 2]
const varint = 0
const fixed64 = 1
const lengthDelimited = 2

/** How many spans a request of OTLP holds: reads no more of it than it must. */
export function countSpans(request: Uint8Array, depth = 0): number {
  let at = 0
  let count = 0

  function readVarint(): number {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = request[at++]!
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
  }

  while (at < request.length) {
    const tag = readVarint()
    const wireType = tag & 7
    if (wireType === varint) readVarint()
    else if (wireType !== lengthDelimited) at += wireType === fixed64 ? 8 : 4
    else {
      const end = readVarint() + at
      const isOnPath = tag >>> 3 === path[depth]
      if (isOnPath) count += depth === path.length - 1 ? 1 : countSpans(request.subarray(at, end), depth + 1)
      at = end
    }
  }
  return count
}
