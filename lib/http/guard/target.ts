import { RequestError } from '../../../errors.ts'
import { malformed } from './malformed.ts'

const absoluteForm = /^https?:\/\/[^/?#]*([/?].*)?$/i
/** A path, and a query in which a backslash may stand as browsers leave it there. All is visible ASCII without `#`. */
const originForm = /^\/[!"$->@-[\]-~]*(?:\?[!"$-~]*)?$/

/**
 * The path and query of a target, which servers must also take as a whole URL (RFC 9112, section 3.2.2). Null: it has none,
 * as `*` and what is no target.
 */
export function toOriginForm(target: string): string | null {
  if (target.startsWith('/')) return target
  const found = absoluteForm.exec(target)
  if (found === null) return null
  const rest = found[1] ?? ''
  return rest.startsWith('/') ? rest : `/${rest}`
}

/**
 * Checks the form of a target: a path, a whole URL, or the `*` of OPTIONS (RFC 9112, section 3.2). The authority of CONNECT
 * never gets here.
 *
 * @param target as it was sent.
 * @throws {RequestError} SLUICE_ERR_REQUEST_MALFORMED
 */
export function checkTarget(target: string, method: string): void {
  if (originForm.test(target)) return
  if (target === '*') {
    if (method !== 'OPTIONS') throw malformed('the target "*" is for OPTIONS alone')
    return
  }
  if (target.includes('#')) throw malformed('the target must not have a fragment')
  const path = toOriginForm(target)
  if (path === null) throw malformed('the target must be a path')
  if (!originForm.test(path)) throw malformed('the target has characters that no URL has')
}

/** `.` or `..` between slashes of any spelling. */
const dotSegment = /(?:\/|%2f|%5c)(?:\.|%2e){1,2}(?=\/|%2f|%5c|$)/i
/** The controls of ASCII and those of Latin-1. */
const encodedControl = /%(?:[01][\da-f]|7f|c2%[89][\da-f])/i
const encodedSlash = /%(?:2f|5c)/i

/** Whether `checkPath` has nothing to check: there are no escapes, and no segments that begin with a dot. */
export function isPlainPath(path: string): boolean {
  return !path.includes('%') && !path.includes('/.')
}

/**
 * Checks what a path holds once it is decoded, once.
 *
 * @param path as it was sent, without the query.
 * @param encodedSlashes whether a value of the path may hold slashes.
 * @throws {RequestError} SLUICE_ERR_PATH
 */
export function checkPath(path: string, encodedSlashes: boolean): void {
  if (encodedControl.test(path)) throw badPath('must not contain control characters')
  if (dotSegment.test(path)) throw badPath('must not have "." or ".." segments')
  if (!encodedSlashes && encodedSlash.test(path)) throw badPath('must not contain encoded slashes')
  try {
    decodeURIComponent(path)
  } catch {
    throw badPath('must be the percent-encoding of UTF-8 text')
  }
}

function badPath(problem: string): RequestError {
  return new RequestError('SLUICE_ERR_PATH', { args: [problem] })
}
