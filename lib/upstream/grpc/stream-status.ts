import { Code, ConnectError } from '@connectrpc/connect'
import { ConnectionError, ErrorCode, errorCodeName, StreamError } from '../http2/errors.ts'

/**
 * What HTTP/2 says about a stream that was reset, as a gRPC code. Codes that are not here are INTERNAL.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#errors
 */
const resetCodes: ReadonlyMap<number, Code> = new Map([
  // The stream was not begun.
  [ErrorCode.REFUSED_STREAM, Code.Unavailable],
  [ErrorCode.CANCEL, Code.Canceled],
  // The upstream has not the bandwidth.
  [ErrorCode.ENHANCE_YOUR_CALM, Code.ResourceExhausted],
  [ErrorCode.INADEQUATE_SECURITY, Code.PermissionDenied]
])

/** Errors of calls that never reached the upstream, though no stream of theirs says so. */
const unsent = new WeakSet<object>()

/** What a stream is that closed before its status; null: both sides ended it. */
export function closedError(cause: StreamError | null): ConnectError {
  if (cause === null) return new ConnectError('the HTTP/2 stream ended without a status', Code.Internal)
  if (cause.origin === 'connection') return connectionError(cause)
  const code = resetCodes.get(cause.code) ?? Code.Internal
  const text = `the HTTP/2 stream was reset with ${errorCodeName(cause.code)}`
  return new ConnectError(text, code, undefined, undefined, cause)
}

/** The call never got there, or lost its connection. Only when the upstream broke the rules of HTTP/2, it is neither. */
function connectionError(cause: StreamError): ConnectError {
  const broken = cause.cause instanceof ConnectionError
  const text = broken ? 'the upstream breaks HTTP/2' : 'no connection, or it was lost'
  return new ConnectError(text, broken ? Code.Internal : Code.Unavailable, undefined, undefined, cause)
}

/** No connection could be had for the call: it is UNAVAILABLE, and may be made again whatever it is. */
export function unavailable(text: string, cause?: unknown): ConnectError {
  const error = new ConnectError(text, Code.Unavailable, undefined, undefined, cause)
  unsent.add(error)
  return error
}

/** Whether the upstream has certainly not begun the call that failed with this error. */
export function isUnsent(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (unsent.has(cause) || (cause instanceof StreamError && cause.isUnprocessed)) return true
  }
  return false
}

/** What a push-back may say at most: it has 32 bits, with a sign. No timer of Node is longer. */
const maxPushbackMs = 2 ** 31 - 1

/**
 * After how long, in milliseconds, the upstream wants to be asked again; `never`: not at all, or nobody can read when; null:
 * it does not say.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback
 */
export function pushbackMs(error: unknown): number | 'never' | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const value = cause instanceof ConnectError ? cause.metadata.get('grpc-retry-pushback-ms') : null
    if (value !== null) return /^\d{1,10}$/.test(value) && Number(value) <= maxPushbackMs ? Number(value) : 'never'
  }
  return null
}
