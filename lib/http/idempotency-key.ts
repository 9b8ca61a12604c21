import { RequestError } from '../../errors.ts'

/** 1 to 255 visible characters of ASCII. */
const key = /^[!-~]{1,255}$/

/**
 * Reads an `Idempotency-Key` header: bare, or quoted as draft-ietf-httpapi-idempotency-key-header has it.
 *
 * @returns undefined without the header.
 * @throws {RequestError} SLUICE_ERR_IDEMPOTENCY_KEY
 */
export function readIdempotencyKey(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined
  const value = typeof header === 'string' ? unquote(header) : ''
  if (!key.test(value)) throw new RequestError('SLUICE_ERR_IDEMPOTENCY_KEY')
  return value
}

/** The text of a string of RFC 9651, section 3.3.3; anything else as it is. */
function unquote(header: string): string {
  const quoted = /^"((?:[^"\\]|\\["\\])*)"$/.exec(header)?.[1]
  return quoted === undefined ? header : quoted.replace(/\\(["\\])/g, '$1')
}
