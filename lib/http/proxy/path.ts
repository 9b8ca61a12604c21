import { RequestError } from '../../../errors.ts'

/** `.` or `..` with parameters behind it, which servers of Java take off before they resolve it. */
const dotWithParameters = /\/(?:\.|%2e){1,2}(?:;|%3b)/i
/** A dot, a slash, a backslash or a percent sign for a reader that decodes twice. */
const encodedTwice = /%25(?:2e|2f|5c|25)/i

/**
 * Checks what the guard leaves to routes: it refuses what *we* could read in two ways, and what is behind a proxy may read
 * in more.
 *
 * @param path as it was sent, without the query.
 * @throws {RequestError} SLUICE_ERR_PATH
 */
export function checkProxiedPath(path: string): void {
  if (dotWithParameters.test(path)) throw badPath('must not have "." or ".." segments')
  if (encodedTwice.test(path)) throw badPath('must not be encoded twice')
  if (path.includes('//')) throw badPath('must not have empty segments')
}

function badPath(problem: string): RequestError {
  return new RequestError('SLUICE_ERR_PATH', { args: [problem] })
}
