import { Code } from '@connectrpc/connect'
import type { Attributes } from '@opentelemetry/api'
import { codeNames, codeOf } from '../errors/code.ts'
import type { Call, Policy } from '../upstream/grpc/call.ts'
import { isUnsent, pushbackMs } from '../upstream/grpc/stream-status.ts'
import { pause } from './pause.ts'
import type { RetryBudget } from './retry-budget.ts'

/** What became of a failed attempt: it is made again, or would have been if the budget allowed it. */
export type RetryOutcome = 'retried' | 'over budget'

export interface RetryOptions {
  budget: RetryBudget
  /** Default 3. */
  maxAttempts?: number
  /** The pause before the second attempt, in milliseconds; each further one is twice as long, 20 % more or less. Default 50. */
  baseMs?: number
  /** The longest pause, in milliseconds. Default 1000. */
  maxMs?: number
  /** From 0 to below 1. Default: `Math.random`. */
  random?: () => number
  /** Is told of each failed attempt that may be made again. */
  onRetry?: (call: Call, outcome: RetryOutcome) => void
}

/** Tells the upstream how often it may have begun with the call before. */
export const previousAttempts = 'grpc-previous-rpc-attempts'

/** How much longer or shorter a pause is, at most, so that calls that failed together do not come again together. */
const jitter = 0.2

/**
 * Makes calls again that failed, by the rules of gRPC:
 *
 * - one that certainly never began is made again whatever it is, the first time at once, and whatever the budget says: the
 *   upstream had no work with it;
 * - any other only when to repeat it does no more than to make it, or, once, when it has an idempotency key; and only when
 *   it failed with UNAVAILABLE, or with RESOURCE_EXHAUSTED and the upstream says when (`grpc-retry-pushback-ms`);
 * - never when its answer has begun, when it has no time left, when the upstream says no, or when the budget is used up.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md
 */
export function withRetry(options: RetryOptions): Policy {
  const { budget, maxAttempts = 3, onRetry } = options
  const delayOf = compileDelay(options)

  const attributesOf = createEventAttributes()

  return next => async call => {
    // The second attempt of a hedged call is none.
    if (!call.metadata.has(previousAttempts)) budget.addCall()
    let attempt = call
    for (let number = 1; ; number++) {
      try {
        const answer = await next(attempt)
        addEvent(attempt, attributesOf(attempt, number, 'OK', null))
        return answer
      } catch (error) {
        const delayMs = number < maxAttempts ? delayOf(attempt, error, number) : null
        const isAffordable = delayMs !== null && (isTransparent(error, number) || budget.take())
        addEvent(attempt, attributesOf(attempt, number, codeNames[codeOf(error)], isAffordable ? delayMs : null))
        if (delayMs === null) throw error
        onRetry?.(call, isAffordable ? 'retried' : 'over budget')
        if (!isAffordable) throw error
        await pause(delayMs, call.lifetime)
        attempt = nextAttempt(attempt, error)
      }
    }
  }
}

/** Compiles after how long an attempt is made again, in milliseconds; null: it is not. */
function compileDelay({ baseMs = 50, maxMs = 1_000, random = Math.random }: RetryOptions) {
  return (call: Call, error: unknown, number: number): number | null => {
    const { lifetime, content, endpoint } = call
    // Without an endpoint it has waited for one; and what was pulled from a stream cannot be pulled again.
    if (lifetime.reason !== null || endpoint === null || !(content instanceof Uint8Array)) return null
    const pushback = pushbackMs(error)
    if (pushback === 'never' || !(isUnsent(error) || (call.repeatable !== 'unsent' && isTransient(error)))) return null
    const backoffMs = Math.min(baseMs * 2 ** (number - 1), maxMs) * (1 - jitter + 2 * jitter * random())
    const delayMs = pushback ?? (isTransparent(error, number) ? 0 : backoffMs)
    return delayMs < lifetime.remainingMs() ? delayMs : null
  }
}

/** Whether the next attempt is the first that the upstream hears of. */
function isTransparent(error: unknown, number: number): boolean {
  return number === 1 && isUnsent(error)
}

/** Whether the upstream may well do now what it failed to do. */
export function isTransient(error: unknown): boolean {
  const code = codeOf(error)
  return code === Code.Unavailable || (code === Code.ResourceExhausted && typeof pushbackMs(error) === 'number')
}

/** The same call, that goes elsewhere when it can. Unless the other never began, it says so, and a key is used up. */
function nextAttempt(failed: Call, error: unknown): Call {
  const next = { ...failed, avoid: new Set([...(failed.avoid ?? []), failed.endpoint]), endpoint: null }
  if (isUnsent(error)) return next
  const metadata = failed.metadata.clone()
  metadata.set(previousAttempts, String(Number(metadata.get(previousAttempts) ?? 0) + 1))
  return { ...next, metadata, repeatable: failed.repeatable === 'keyed' ? 'unsent' : failed.repeatable }
}

/** Each attempt is an event on the span of its call. */
function addEvent({ span }: Call, attributes: Attributes): void {
  if (span?.isRecording()) span.addEvent('attempt', attributes)
}

/** What is said of an attempt. Most are the first, and succeed: of these it is made once for each endpoint. */
function createEventAttributes() {
  const ofSuccesses = new WeakMap<object, Attributes>()

  function describe({ endpoint }: Call, number: number, code: string, delayMs: number | null): Attributes {
    return {
      'rpc.attempt.number': number,
      'rpc.attempt.code': code,
      ...(endpoint !== null && { 'rpc.attempt.endpoint': String(endpoint) }),
      ...(delayMs !== null && { 'rpc.attempt.retried_after_ms': delayMs })
    }
  }

  return (call: Call, number: number, code: string, delayMs: number | null): Attributes => {
    const { endpoint } = call
    if (number > 1 || code !== 'OK' || endpoint === null) return describe(call, number, code, delayMs)
    let attributes = ofSuccesses.get(endpoint)
    if (attributes === undefined) {
      attributes = Object.freeze(describe(call, number, code, delayMs))
      ofSuccesses.set(endpoint, attributes)
    }
    return attributes
  }
}
