import { Code } from '@connectrpc/connect'
import { failure } from './service-error.ts'

/** The strong entity tag of a row's version, quoted as RFC 9110 wants it: 7 -> `"7"`. */
export function formatEtag(version: bigint): string {
  return `"${version}"`
}

/**
 * Refuses a change that was made for another version of the row. No tag, or `*`, permits any version. The tag may come
 * quoted, as in `If-Match`, or bare.
 *
 * @throws ABORTED ETAG_MISMATCH
 */
export function checkEtag(given: string | undefined, version: bigint): void {
  if (given === undefined || given === '' || given === '*') return
  if (given === formatEtag(version) || given === String(version)) return
  throw failure(Code.Aborted, 'ETAG_MISMATCH', 'the resource has changed since it was read')
}
