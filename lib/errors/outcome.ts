import { Code } from '@connectrpc/connect'
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

/** What a failed call says about its upstream; nothing, when the client went away or sent what cannot be sent on. */
export function classify(error: unknown): Outcome {
  const code = codeOf(error)
  const own = requestErrorOf(error)
  if (code === Code.Canceled || (own !== null && own.definition.status < 500)) return 'neutral'
  return failureCodes.has(code) ? 'failure' : 'success'
}
