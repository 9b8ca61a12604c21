/** `grpc-timeout` has at most eight digits. */
const maxValue = 99_999_999

/**
 * Milliseconds as `grpc-timeout` counts them; seconds when it cannot.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#requests
 */
export function grpcTimeout(timeoutMs: number): string {
  if (timeoutMs <= maxValue) return `${Math.ceil(timeoutMs)}m`
  return `${Math.min(Math.ceil(timeoutMs / 1_000), maxValue)}S`
}
