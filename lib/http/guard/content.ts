import type { IncomingHttpHeaders } from 'node:http'
import { RequestError } from '../../../errors.ts'

/** JSON, by itself or as the syntax of another type (RFC 6839, section 3.1); type and subtype are in lower case. */
export const jsonType = /^application\/(?:[\w.-]+\+)?json[ \t]*(?:;|$)/
/** Also as some readers take it: with spaces around the `=`, or in the form of RFC 8187, which is never the name of one. */
const charset = /;[ \t]*charset\*?[ \t]*=[ \t]*(?:"([^"]*)"|([^;\s]*))/gi
const visibleAscii = /^[\t -~]*$/

/**
 * A service would take compressed bytes for what their content type says (RFC 9110, sections 8.4 and 15.5.16).
 *
 * @throws {RequestError} SLUICE_ERR_CONTENT_ENCODING
 */
export function checkEncoding({ 'content-encoding': encoding = 'identity' }: IncomingHttpHeaders): void {
  if (encoding.toLowerCase() === 'identity') return
  throw new RequestError('SLUICE_ERR_CONTENT_ENCODING', { headers: { 'accept-encoding': 'identity' } })
}

/**
 * JSON is UTF-8 (RFC 8259, section 8.1), and is read as such whatever it says to be.
 *
 * @param contentType of JSON.
 * @throws {RequestError} SLUICE_ERR_MEDIA_TYPE
 */
export function checkCharset(contentType: string): void {
  for (const [, quoted, name = quoted ?? ''] of contentType.matchAll(charset)) {
    if (!/^utf-?8$/i.test(name)) throw new RequestError('SLUICE_ERR_MEDIA_TYPE')
  }
}

/**
 * A content type is ASCII (RFC 9110, section 8.3.1): Fastify takes off no-break spaces at its end, and others do not.
 *
 * @throws {RequestError} SLUICE_ERR_MEDIA_TYPE
 */
export function checkContentType(contentType: string): void {
  if (!visibleAscii.test(contentType)) throw new RequestError('SLUICE_ERR_MEDIA_TYPE')
}
