import { Code, ConnectError } from '@connectrpc/connect'
import { metadataOf, reasonOf } from '../shared/service-error.ts'

/** A definite no, in a form that a checkpoint can hold. */
export interface Refusal {
  kind: 'refused'
  reason: string
  metadata: Record<string, string>
}

/** What is known of a call to another service; `unknown`: it may have happened or not. */
export type Outcome<Value> = { kind: 'done'; value: Value } | Refusal | { kind: 'unknown' }

/** The codes that, with a reason, say for certain that nothing was done. Everything else leaves it open. */
const definiteCodes: ReadonlySet<Code> = new Set([
  Code.InvalidArgument,
  Code.FailedPrecondition,
  Code.NotFound,
  Code.AlreadyExists,
  Code.PermissionDenied
])

/** The refusal that an error stands for; null when the outcome of the call is unknown. */
export function refusalOf(error: unknown): Refusal | null {
  if (!(error instanceof ConnectError) || !definiteCodes.has(error.code)) return null
  const reason = reasonOf(error)
  return reason === null ? null : { kind: 'refused', reason, metadata: metadataOf(error) }
}
