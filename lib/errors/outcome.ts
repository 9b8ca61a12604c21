import { Code, ConnectError } from '@connectrpc/connect'
import type { RequestError } from '../../errors.ts'
import { codeOf, requestErrorOf } from './code.ts'

/** What a call says about the health of what it called. Neutral: nothing, as when the client went away. */
export type Outcome = 'success' | 'failure' | 'neutral'

/** Codes that say that the upstream is ill. All others are answers to this one request. */
const failureCodes: ReadonlySet<Code> = new Set([
  Code.Unavailable,
  Code.DeadlineExceeded,
  Code.Internal,
  Code.Unknown,
  Code.DataLoss
])

/**
 * What a failed call says about its upstream; nothing, when the client went away or sent what cannot be sent on, or when the
 * gateway itself kept the call back.
 */
export function classify(error: unknown): Outcome {
  const code = codeOf(error)
  const own = requestErrorOf(error)
  if (code === Code.Canceled || (own !== null && isOfGateway(own))) return 'neutral'
  // Such as of an answer that is larger than the gateway takes: it is one to this request, whatever the client is told.
  if (own?.cause instanceof ConnectError && own.cause.code === Code.ResourceExhausted) return 'success'
  return failureCodes.has(code) ? 'failure' : 'success'
}

function isOfGateway({ code, definition }: RequestError): boolean {
  return definition.status < 500 || code === 'SLUICE_ERR_UPSTREAM_BUSY'
}
