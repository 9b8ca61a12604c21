import { Code, ConnectError } from '@connectrpc/connect'
import { type CodeName, RequestError } from '../../errors.ts'

/** The names by which google.rpc.Code knows connect's codes. */
export const codeNames: Readonly<Record<Code, CodeName>> = {
  [Code.Canceled]: 'CANCELLED',
  [Code.Unknown]: 'UNKNOWN',
  [Code.InvalidArgument]: 'INVALID_ARGUMENT',
  [Code.DeadlineExceeded]: 'DEADLINE_EXCEEDED',
  [Code.NotFound]: 'NOT_FOUND',
  [Code.AlreadyExists]: 'ALREADY_EXISTS',
  [Code.PermissionDenied]: 'PERMISSION_DENIED',
  [Code.ResourceExhausted]: 'RESOURCE_EXHAUSTED',
  [Code.FailedPrecondition]: 'FAILED_PRECONDITION',
  [Code.Aborted]: 'ABORTED',
  [Code.OutOfRange]: 'OUT_OF_RANGE',
  [Code.Unimplemented]: 'UNIMPLEMENTED',
  [Code.Internal]: 'INTERNAL',
  [Code.Unavailable]: 'UNAVAILABLE',
  [Code.DataLoss]: 'DATA_LOSS',
  [Code.Unauthenticated]: 'UNAUTHENTICATED'
}

const codes = new Map<CodeName, Code>(Object.entries(codeNames).map(([code, name]) => [name, Number(code)]))

/** The gRPC code that a call failed with. */
export function codeOf(error: unknown): Code {
  const own = requestErrorOf(error)
  if (own !== null) return codes.get(own.definition.code) ?? Code.Unknown
  return error instanceof ConnectError ? error.code : Code.Unknown
}

/**
 * The gateway's own error behind what a call was rejected with, or null when the upstream said it: connect wraps what an
 * interceptor throws, and says by itself that the time is over or that the client went away.
 */
export function requestErrorOf(error: unknown): RequestError | null {
  if (error instanceof RequestError) return error
  if (!(error instanceof ConnectError)) return null
  if (error.cause instanceof RequestError) return error.cause
  if (isAnswer(error)) return null
  if (error.code === Code.DeadlineExceeded) return new RequestError('SLUICE_ERR_UPSTREAM_TIMEOUT', { cause: error })
  if (error.code === Code.Canceled) return new RequestError('SLUICE_ERR_CANCELLED', { cause: error })
  return null
}

/** Whether the upstream answered with this status: only its answers carry one. */
export function isAnswer(error: ConnectError): boolean {
  return error.metadata.has('grpc-status')
}
