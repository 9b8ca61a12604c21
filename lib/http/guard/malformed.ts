import { RequestError } from '../../../errors.ts'

/** The connection ends with the answer: where the next request on it begins is in doubt. */
export const closing = { connection: 'close' }

/** A request that breaks HTTP so that nobody can tell for sure what it is. */
export function malformed(what: string): RequestError {
  return new RequestError('SLUICE_ERR_REQUEST_MALFORMED', { hint: what, headers: closing })
}
