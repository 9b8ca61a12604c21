import type { HrTime, TimeInput } from '@opentelemetry/api'

/** How far the two clocks may be apart, in milliseconds, before the finer one is set anew: the other one is corrected. */
const toleranceMs = 10

/** What the clock of `performance` is behind that of the day. */
let behindMs = performance.timeOrigin

/** Milliseconds since the epoch by the clock of the day, to about a quarter of a microsecond. */
export function epochNow(): number {
  const now = performance.now()
  const today = Date.now()
  if (Math.abs(today - behindMs - now) > toleranceMs) behindMs = today - now
  return behindMs + now
}

/** Any time of the API as milliseconds since the epoch. A number that `performance` has passed is one of its own. */
export function msOf(time: TimeInput): number {
  if (Array.isArray(time)) return time[0] * 1000 + time[1] / 1e6
  if (time instanceof Date) return time.getTime()
  return time <= performance.now() ? behindMs + time : time
}

/** As seconds and nanoseconds. */
export function hrTimeOf(ms: number): HrTime {
  const seconds = Math.trunc(ms / 1000)
  const nanos = Math.min(999_999_999, Math.round((ms - seconds * 1000) * 1e6))
  return [seconds, nanos]
}
