import { durationFromMs } from '@bufbuild/protobuf/wkt'
import { type Code, ConnectError } from '@connectrpc/connect'
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from '../../gen/google/rpc/error_details_pb.ts'

/** The `domain` of every ErrorInfo of the shop: reasons are unique within it. */
export const errorDomain = 'shop.local'

export interface FailureOptions {
  /** Facts for programs, such as `{ order_id }`. Never a secret, never an email. */
  metadata?: Record<string, string>
  /** The fields that are wrong: `field` is a proto field path such as `items[0].quantity`. */
  violations?: { field: string; description: string }[]
  /** When trying again may help, in seconds. */
  retryAfterSeconds?: number
  /** What made this fail. Logged, never sent. */
  cause?: unknown
}

/**
 * A refusal that explains itself: a gRPC status with google.rpc.ErrorInfo and, where given, BadRequest and RetryInfo.
 *
 * @param reason UPPER_SNAKE_CASE; programs branch on it, so it never changes once published.
 * @param message For people; lower-case, without a full stop.
 */
export function failure(code: Code, reason: string, message: string, options: FailureOptions = {}): ConnectError {
  const error = new ConnectError(message, code, undefined, undefined, options.cause)
  error.details.push({
    desc: ErrorInfoSchema,
    value: { reason, domain: errorDomain, metadata: options.metadata ?? {} }
  })
  if (options.violations !== undefined) {
    error.details.push({ desc: BadRequestSchema, value: { fieldViolations: options.violations } })
  }
  if (options.retryAfterSeconds !== undefined) {
    const retryDelay = durationFromMs(Math.ceil(options.retryAfterSeconds * 1000))
    error.details.push({ desc: RetryInfoSchema, value: { retryDelay } })
  }
  return error
}

/** The ErrorInfo reason of an error, own or received from another service; null when it carries none. */
export function reasonOf(error: unknown): string | null {
  return errorInfoOf(error)?.reason ?? null
}

/** The ErrorInfo metadata of an error, own or received from another service. */
export function metadataOf(error: unknown): Record<string, string> {
  return errorInfoOf(error)?.metadata ?? {}
}

function errorInfoOf(error: unknown) {
  return error instanceof ConnectError ? error.findDetails(ErrorInfoSchema)[0] : undefined
}
