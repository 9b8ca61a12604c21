/** How finely a window slides: it forgets a tenth of its time at once. */
const slots = 10

/**
 * Counts calls and failures of the last `windowMs`, in constant time and space: the window is a ring of slots, and the
 * totals lose a slot's counts when its time is over.
 */
export class SlidingWindow {
  readonly #slotMs: number
  readonly #calls = new Uint32Array(slots)
  readonly #failures = new Uint32Array(slots)
  /** The number of the newest slot since the clock began. */
  #newest = 0
  #totalCalls = 0
  #totalFailures = 0

  constructor(windowMs: number) {
    this.#slotMs = windowMs / slots
  }

  /** @param now milliseconds on a clock that never goes back. */
  add(failed: boolean, now: number): void {
    this.#advance(now)
    const slot = this.#newest % slots
    this.#calls[slot]! += 1
    this.#totalCalls += 1
    if (!failed) return
    this.#failures[slot]! += 1
    this.#totalFailures += 1
  }

  /** What is left of the window at `now`. */
  totals(now: number): { calls: number; failures: number } {
    this.#advance(now)
    return { calls: this.#totalCalls, failures: this.#totalFailures }
  }

  clear(): void {
    this.#calls.fill(0)
    this.#failures.fill(0)
    this.#totalCalls = 0
    this.#totalFailures = 0
  }

  #advance(now: number): void {
    const current = Math.floor(now / this.#slotMs)
    if (current - this.#newest >= slots) {
      this.clear()
      this.#newest = current
    }
    while (this.#newest < current) {
      this.#newest += 1
      const slot = this.#newest % slots
      this.#totalCalls -= this.#calls[slot]!
      this.#totalFailures -= this.#failures[slot]!
      this.#calls[slot] = 0
      this.#failures[slot] = 0
    }
  }
}
