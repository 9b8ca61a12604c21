import { RequestError } from '../../../errors.ts'

const timeouts: ReadonlySet<string> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'])
/** The request is one that the client of HTTP does not send. */
const refusals: ReadonlySet<string> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'
])
/** What came is no answer, or more than is taken. */
const invalid = /^(?:FST_REPLY_FROM_BAD_GATEWAY$|HPE_|UND_ERR_(?:HEADERS_OVERFLOW|RES_|RESPONSE|INFO))/
/** Node's and undici's: of the network, of TLS. */
const coded = /^[A-Z][A-Z\d_]+$/

/**
 * What a request to an upstream failed with, as the client is told: never as 500, which would say that it is our fault.
 *
 * @param began whether its answer had begun: what breaks off then is no whole answer.
 */
export function upstreamFailure(error: unknown, began = false): RequestError {
  const cause = innermost(error)
  if (cause instanceof RequestError) return cause
  const code = String((cause as { code?: unknown } | null)?.code)
  if (timeouts.has(code)) return new RequestError('SLUICE_ERR_UPSTREAM_TIMEOUT', { cause })
  if (refusals.has(code)) return new RequestError('SLUICE_ERR_REQUEST_MALFORMED', { cause })
  const isUnreadable = invalid.test(code) || (cause as { name?: unknown } | null)?.name === 'HTTPParserError'
  if (began || isUnreadable) return new RequestError('SLUICE_ERR_UPSTREAM_INVALID', { cause })
  if (coded.test(code)) return new RequestError('SLUICE_ERR_UPSTREAM_UNAVAILABLE', { cause })
  return new RequestError('SLUICE_ERR_INTERNAL', { cause })
}

/** The error that others were made of. */
function innermost(error: unknown): unknown {
  let inner = error
  while (inner instanceof Error && !(inner instanceof RequestError) && inner.cause instanceof Error) inner = inner.cause
  return inner
}
