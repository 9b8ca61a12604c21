/** Text that is no percent-encoding of UTF-8, or that decodes to what no value may hold. */
export class PercentError extends Error {
  constructor(description: string) {
    super(description)
    this.name = 'PercentError'
  }
}

/** Everything but the visible characters of ASCII without `#`: what a path or a query is made of. */
const NOT_URL = /[^\x21\x22\x24-\x7e]/
const CONTROL = /\p{Cc}/u
const SLASH = /(%2f)/i

/** Whether a text holds control characters, NUL included, which no value of a URL may. */
export function hasControl(text: string): boolean {
  return CONTROL.test(text)
}

/**
 * Decodes everything, once.
 *
 * @throws PercentError on a malformed escape, invalid or overlong UTF-8, and control characters, NUL included.
 */
export function decodePercent(raw: string): string {
  if (NOT_URL.test(raw)) throw new PercentError('must be percent-encoded')
  const value = decode(raw)
  if (hasControl(value)) throw new PercentError('must not contain control characters')
  return value
}

/**
 * Decodes everything once, except `%2F`, which stays as written: in the value of a variable that covers several segments
 * it could not be told from the slashes between them.
 *
 * @throws PercentError as `decodePercent`.
 */
export function decodePercentExceptSlash(raw: string): string {
  if (!SLASH.test(raw)) return decodePercent(raw)
  return mapBetweenSlashes(raw, decodePercent)
}

/** Encodes everything but unreserved characters (RFC 3986, section 2.3). Null for text that no UTF-8 can express. */
export function encodePercent(value: string): string | null {
  return value.isWellFormed() ? encodeURIComponent(value) : null
}

/** Undoes `decodePercentExceptSlash`: `%2F` stays as it is. */
export function encodePercentExceptSlash(value: string): string | null {
  return value.isWellFormed() ? mapBetweenSlashes(value, encodeURIComponent) : null
}

function mapBetweenSlashes(text: string, map: (part: string) => string): string {
  return text
    .split(SLASH)
    .map(part => (SLASH.test(part) ? part : map(part)))
    .join('')
}

function decode(raw: string): string {
  if (!raw.includes('%')) return raw
  try {
    return decodeURIComponent(raw)
  } catch {
    throw new PercentError('must be the percent-encoding of UTF-8 text')
  }
}
