import { Code } from '@connectrpc/connect'

/** The HTTP status of each code, by the comments of google/rpc/code.proto. */
const STATUS_BY_CODE: Readonly<Record<Code, number>> = {
  // The client closed the request before it was answered.
  [Code.Canceled]: 499,
  // An error of another address space, or one without a code.
  [Code.Unknown]: 500,
  // Wrong whatever the state of the system.
  [Code.InvalidArgument]: 400,
  // The deadline passed before the upstream answered.
  [Code.DeadlineExceeded]: 504,
  // The entity does not exist, or the caller must not learn that it does.
  [Code.NotFound]: 404,
  // The entity to create exists.
  [Code.AlreadyExists]: 409,
  // The caller is known and may not do this.
  [Code.PermissionDenied]: 403,
  // A quota or limit is used up.
  [Code.ResourceExhausted]: 429,
  // The system is not in the state that this needs. Not 412: that answers a condition in the headers of the request.
  [Code.FailedPrecondition]: 400,
  // A conflict with another call; trying again at a higher level may help.
  [Code.Aborted]: 409,
  // Past the end of what is valid now.
  [Code.OutOfRange]: 400,
  // The upstream does not have this rpc.
  [Code.Unimplemented]: 501,
  // An invariant of the upstream is broken.
  [Code.Internal]: 500,
  // Not reachable now; trying again may help.
  [Code.Unavailable]: 503,
  // Data is lost or corrupt.
  [Code.DataLoss]: 500,
  // The caller is not known.
  [Code.Unauthenticated]: 401
}

/** Reasons (google.rpc.ErrorInfo) that HTTP has a better status for than the one of their code. The complete list. */
const STATUS_BY_REASON: ReadonlyMap<string, { code: Code; status: number }> = new Map([
  // Conflicts with the state of the resource (RFC 9110, section 15.5.10).
  ['INSUFFICIENT_STOCK', { code: Code.FailedPrecondition, status: 409 }],
  ['INVALID_STATE_TRANSITION', { code: Code.FailedPrecondition, status: 409 }],
  ['RESERVATION_EXPIRED', { code: Code.FailedPrecondition, status: 409 }],
  ['RESERVATION_CLOSED', { code: Code.FailedPrecondition, status: 409 }],
  ['PAYMENT_CLOSED', { code: Code.FailedPrecondition, status: 409 }],
  ['LAST_ADMIN', { code: Code.FailedPrecondition, status: 409 }],
  // The provider refused the means of payment.
  ['PAYMENT_DECLINED', { code: Code.FailedPrecondition, status: 402 }],
  // The same Idempotency-Key with another request.
  ['IDEMPOTENCY_KEY_REUSED', { code: Code.InvalidArgument, status: 422 }],
  // The condition in If-Match does not hold (RFC 9110, section 15.5.13).
  ['ETAG_MISMATCH', { code: Code.Aborted, status: 412 }]
])

/**
 * The HTTP status of a failed call.
 *
 * @param code the code of the call; one that gRPC does not have is 500.
 * @param reason the reason of its google.rpc.ErrorInfo, when it has one.
 */
export function httpStatusOf(code: Code, reason?: string): number {
  const override = reason === undefined ? undefined : STATUS_BY_REASON.get(reason)
  if (override?.code === code) return override.status
  return STATUS_BY_CODE[code] ?? 500
}
