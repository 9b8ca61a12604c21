import { SlidingWindow } from './sliding-window.ts'

export interface RetryBudgetOptions {
  /** How many calls may be made again, as a share of those that were made. Default 0.2. */
  ratio?: number
  /** How many may be in any case, in a window. Default 10. */
  floor?: number
  /** The time over which both are counted, in milliseconds. Default 10,000. */
  windowMs?: number
  /** Milliseconds on a clock that never goes back. Default: `performance.now()`. */
  now?: () => number
}

/**
 * Bounds the load that repeated calls add to an upstream that is down already: without it, all clients of a failing upstream
 * would together make three times the calls. One for each upstream.
 */
export class RetryBudget {
  readonly #ratio: number
  readonly #floor: number
  readonly #now: () => number
  /** What it calls failures are calls that were made again. */
  readonly #window: SlidingWindow

  constructor({ ratio = 0.2, floor = 10, windowMs = 10_000, now = () => performance.now() }: RetryBudgetOptions = {}) {
    this.#ratio = ratio
    this.#floor = floor
    this.#now = now
    this.#window = new SlidingWindow(windowMs)
  }

  /** A call is made for the first time. */
  addCall(): void {
    this.#window.add(false, this.#now())
  }

  /** Takes what one repetition costs; false: there is nothing left. */
  take(): boolean {
    const now = this.#now()
    const { calls, failures: retries } = this.#window.totals(now)
    if (retries + 1 > Math.max(this.#floor, (calls - retries) * this.#ratio)) return false
    this.#window.add(true, now)
    return true
  }
}
