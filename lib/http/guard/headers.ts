import type { IncomingHttpHeaders } from 'node:http'
import { RequestError } from '../../../errors.ts'
import { malformed } from './malformed.ts'

/** The headers of a request as Node has them: by name, and as they were sent, names and values in turn. */
export interface RequestHeaders {
  headers: IncomingHttpHeaders
  headersDistinct: NodeJS.Dict<string[]>
  rawHeaders: string[]
}

/** What a request is and where it goes: who reads it otherwise sees another request. */
const framing: ReadonlySet<string> = new Set(['content-length', 'host', 'transfer-encoding'])
/** Of these, Node takes the first and forgets the others, while what is behind it may take the last. */
const once: ReadonlySet<string> = new Set([...framing, 'authorization', 'content-encoding', 'content-type'])

/**
 * Checks that there are no more than `most` headers, and that those are said once that can have one value only.
 *
 * @param names the names of `headers`: as many as there are headers, unless some are said more than once.
 * @throws {RequestError} SLUICE_ERR_HEADERS_TOO_LARGE or SLUICE_ERR_REQUEST_MALFORMED
 */
export function checkHeaderCount(
  { rawHeaders }: Pick<RequestHeaders, 'rawHeaders'>,
  names: readonly string[],
  most: number
): void {
  const count = rawHeaders.length / 2
  if (count > most) throw new RequestError('SLUICE_ERR_HEADERS_TOO_LARGE')
  if (count === names.length) return
  const seen = new Set<string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase()
    if (once.has(name) && seen.has(name)) throw repeated(name)
    seen.add(name)
  }
}

function repeated(name: string): RequestError {
  const hint = `${name} must not be repeated`
  return framing.has(name) ? malformed(hint) : new RequestError('SLUICE_ERR_REQUEST_MALFORMED', { hint })
}

/** Tells which headers of a client are none of its business, by their names in lower case. */
export type IsInternal = (name: string) => boolean

/** What the name of a header is made of (RFC 9110, section 5.6.2), and maybe the rest of it. */
const pattern = /^[!#$%&'+.^`|~\w-]+\*?$/

/** Whether a text is the name of a header, or with a `*` at its end the beginning of names. */
export function isNamePattern(text: string): boolean {
  return pattern.test(text)
}

/**
 * @param patterns names, in any case; what ends with `*` is the beginning of names.
 */
export function compileIsInternal(patterns: readonly string[]): IsInternal {
  const lower = patterns.map(text => text.toLowerCase())
  const names = new Set(lower.filter(text => !text.endsWith('*')))
  const beginnings = lower.filter(text => text.endsWith('*')).map(text => text.slice(0, -1))
  return name => {
    // Servers that turn names into variables take `x_user_id` for `x-user-id`.
    if (name.includes('_') || names.has(name)) return true
    for (const beginning of beginnings) if (name.startsWith(beginning)) return true
    return false
  }
}

/** The name of a header, in lower case, and what becomes of it; undefined: it is taken off. */
export type HeaderChange = readonly [name: string, value: string | undefined]

/** Changes headers of a request in all the forms that Node has of them. */
export function changeHeaders(request: RequestHeaders, changes: ReadonlyMap<string, string | undefined>): void {
  const { headers, rawHeaders } = request
  // Node makes this of the raw headers when it is first asked for, and of as many as there were.
  const { headersDistinct } = request
  for (const [name, value] of changes) {
    if (value === undefined) {
      delete headers[name]
      delete headersDistinct[name]
    } else {
      headers[name] = value
      headersDistinct[name] = [value]
    }
  }
  request.rawHeaders = []
  const said = new Set<string>()
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase()
    const value = changes.has(name) ? changes.get(name) : rawHeaders[at + 1]
    if (value === undefined || (changes.has(name) && said.has(name))) continue
    said.add(name)
    request.rawHeaders.push(rawHeaders[at]!, value)
  }
}
