/** `grpc-timeout` has at most eight digits. */
const maxValue = 99_999_999

/**
 * Milliseconds as `grpc-timeout` says them, in the finest unit that can: microseconds, milliseconds or seconds. Never more
 * than is left, so that the upstream does not go on when nobody waits for it.
 *
 * @param timeoutMs above 0.
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 */
export function grpcTimeout(timeoutMs: number): string {
  const microseconds = Math.floor(timeoutMs * 1_000)
  if (microseconds <= maxValue) return `${Math.max(microseconds, 1)}u`
  const milliseconds = Math.floor(timeoutMs)
  if (milliseconds <= maxValue) return `${milliseconds}m`
  return `${Math.min(Math.floor(timeoutMs / 1_000), maxValue)}S`
}
