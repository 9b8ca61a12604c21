import { Code } from '@connectrpc/connect'
import { failure } from '../shared/service-error.ts'

const maxFailures = 10
const windowMs = 300_000
/** More names than this are not kept: the oldest are forgotten, so that nobody fills the memory. */
const maxNames = 10_000

export type LoginThrottle = ReturnType<typeof createLoginThrottle>

/**
 * Refuses to try passwords of one name for long: ten failures within five minutes of the first close it for the rest of the
 * five minutes. In memory: each process counts for itself.
 *
 * @param now The clock, in milliseconds. Default: the monotonic clock.
 */
export function createLoginThrottle(now: () => number = () => performance.now()) {
  const attempts = new Map<string, { count: number; until: number }>()

  return {
    /**
     * Counts an attempt before its password is checked: many at once cannot slip through.
     *
     * @throws RESOURCE_EXHAUSTED LOGIN_THROTTLED with RetryInfo
     */
    begin(name: string): void {
      const kept = attempts.get(name)
      if (kept === undefined || kept.until <= now()) {
        attempts.delete(name)
        attempts.set(name, { count: 1, until: now() + windowMs })
        forgetOldest(attempts)
        return
      }
      if (kept.count >= maxFailures) {
        const retryAfterSeconds = Math.ceil((kept.until - now()) / 1000)
        throw failure(Code.ResourceExhausted, 'LOGIN_THROTTLED', 'too many failed sign-ins: try again later', {
          retryAfterSeconds
        })
      }
      kept.count++
    },

    /** Forgets the failures of a name: its password was right. */
    succeed(name: string): void {
      attempts.delete(name)
    }
  }
}

function forgetOldest(attempts: Map<string, unknown>): void {
  if (attempts.size <= maxNames) return
  const [oldest] = attempts.keys()
  if (oldest !== undefined) attempts.delete(oldest)
}
