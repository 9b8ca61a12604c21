import type { HeaderFields } from '../hpack/header-fields.ts'

/** Headers of HTTP/1 about the connection: an answer that has one is malformed (RFC 9113, section 8.2.2). */
const connectionNames: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade'
])

/** Lower-case names of visible characters (RFC 9113, section 8.2.1). */
const validName = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/
/** Whitespace at either end is let through, against section 8.2.1: servers of gRPC say messages of statuses that end with it. */
const invalidValue = /[\0\r\n]/

/** Names that were found valid: few come, again and again. They are kept for good, so both bounds hold for every server. */
const knownNames = new Set<string>()
const maxKnownNames = 1_000
const maxKnownNameLength = 64

/**
 * The status of an answer's headers, or what is wrong with them (RFC 9113, section 8.3.2): `:status` comes first, and alone
 * of its kind.
 */
export function readStatus(fields: HeaderFields): number | string {
  if (fields[0] !== ':status') return 'headers that do not begin with :status'
  const status = fields[1]!
  if (!/^[1-9]\d\d$/.test(status)) return 'a :status that is none'
  // RFC 9113, section 8.6.
  if (status === '101') return 'a change of the protocol, which HTTP/2 has not'
  return findProblem(fields, 2) ?? Number(status)
}

/** What is wrong with trailers, or null. */
export function trailersProblem(fields: HeaderFields): string | null {
  return findProblem(fields, 0)
}

/** The declared length of a body; -1: none is declared; or what is wrong with it. */
export function readContentLength(fields: HeaderFields): number | string {
  let length = -1
  for (let at = 2; at < fields.length; at += 2) {
    if (fields[at] !== 'content-length') continue
    const value = fields[at + 1]!
    if (!/^\d{1,15}$/.test(value) || (length !== -1 && length !== Number(value))) return 'a content-length that is none'
    length = Number(value)
  }
  return length
}

function findProblem(fields: HeaderFields, start: number): string | null {
  for (let at = start; at < fields.length; at += 2) {
    const name = fields[at]!
    if (!knownNames.has(name)) {
      if (!validName.test(name) || connectionNames.has(name)) return 'a header that HTTP/2 does not allow'
      if (name.length <= maxKnownNameLength && knownNames.size < maxKnownNames) knownNames.add(name)
    }
    if (invalidValue.test(fields[at + 1]!)) return `a value of "${name}" that HTTP/2 does not allow`
  }
  return null
}
