import { SlidingWindow } from '../../policies/sliding-window.ts'

/** When an endpoint is left alone because its calls fail, while those of others do not. */
export interface OutlierOptions {
  /** So many failures in a row eject. Default 5. */
  consecutiveFailures?: number
  /** The share of failures that ejects, above 0 and up to 1. Default 0.5. */
  failureRatio?: number
  /** Fewer calls than this in the window have no share. Default 10. */
  minCalls?: number
  /** The time over which calls and failures are counted, in milliseconds. Default 10,000. */
  windowMs?: number
  /** How long the first ejection lasts, in milliseconds; each further one is longer by as much. Default 30,000. */
  baseEjectionMs?: number
  /** The longest, in milliseconds. Default 300,000. */
  maxEjectionMs?: number
  /**
   * The largest share of the endpoints that is ejected at a time, rounded down, but at least one of two or more. Default 0.5.
   */
  maxEjectedShare?: number
}

export const outlierDefaults: Required<OutlierOptions> = {
  consecutiveFailures: 5,
  failureRatio: 0.5,
  minCalls: 10,
  windowMs: 10_000,
  baseEjectionMs: 30_000,
  maxEjectionMs: 300_000,
  maxEjectedShare: 0.5
}

/** What makes an endpoint stand out. */
export type EjectionReason = 'consecutive failures' | 'failure ratio'

/**
 * How the calls to one endpoint went, and whether it is ejected. It has no timers: times are compared when somebody asks.
 * What calls say that end while it is ejected is not heard.
 */
export class OutlierRecord {
  readonly #options: Required<OutlierOptions>
  readonly #window: SlidingWindow
  #consecutiveFailures = 0
  /** How many ejections the next one is longer by; less again with each `baseEjectionMs` in which it was not ejected. */
  #ejections = 0
  /** When the last ejection ends or ended. */
  #returnsAt = Number.NEGATIVE_INFINITY

  constructor(options: Required<OutlierOptions>) {
    this.#options = options
    this.#window = new SlidingWindow(options.windowMs)
  }

  get consecutiveFailures(): number {
    return this.#consecutiveFailures
  }

  /** On the clock that `now` is of; in the past, or -Infinity, when it is not ejected. */
  get returnsAt(): number {
    return this.#returnsAt
  }

  isEjected(now: number): boolean {
    return now < this.#returnsAt
  }

  /**
   * One call ended.
   *
   * @param now milliseconds on a clock that never goes back.
   * @returns why the endpoint should be ejected; null: it need not be.
   */
  record(failed: boolean, now: number): EjectionReason | null {
    if (this.isEjected(now)) return null
    this.#window.add(failed, now)
    this.#consecutiveFailures = failed ? this.#consecutiveFailures + 1 : 0
    if (!failed) return null
    const { consecutiveFailures, minCalls, failureRatio } = this.#options
    if (this.#consecutiveFailures >= consecutiveFailures) return 'consecutive failures'
    const { calls, failures } = this.#window.totals(now)
    return calls >= minCalls && failures / calls >= failureRatio ? 'failure ratio' : null
  }

  /** Ejects it. What was counted is forgotten: when it comes back, it begins anew. */
  eject(now: number): void {
    const { baseEjectionMs, maxEjectionMs } = this.#options
    const healthyFor = now - this.#returnsAt
    const ejections = Math.max(0, this.#ejections - Math.floor(healthyFor / baseEjectionMs)) + 1
    // No more are counted than the longest takes: one that was ill for a day need not do well for hours.
    this.#ejections = Math.min(ejections, Math.ceil(maxEjectionMs / baseEjectionMs))
    this.#returnsAt = now + Math.min(baseEjectionMs * this.#ejections, maxEjectionMs)
    this.#consecutiveFailures = 0
    this.#window.clear()
  }
}

/** How many of so many endpoints may be ejected at a time: the last never is. */
export function maxEjected(endpoints: number, maxEjectedShare: number): number {
  return Math.min(endpoints - 1, Math.max(1, Math.floor(endpoints * maxEjectedShare)))
}
