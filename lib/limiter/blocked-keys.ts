/** Keys that are refused until a time, at most so many. */
export class BlockedKeys {
  readonly #until = new Map<string, number>()
  readonly #maxKeys: number
  readonly #now: () => number

  /**
   * @param maxKeys how many are remembered; the one that was blocked longest ago is forgotten first.
   * @param now milliseconds on a clock that never goes back.
   */
  constructor(maxKeys = 100_000, now: () => number = () => performance.now()) {
    this.#maxKeys = maxKeys
    this.#now = now
  }

  /** Refuses `key` for so many milliseconds from now. */
  block(key: string, ms: number): void {
    this.#until.delete(key)
    this.#until.set(key, this.#now() + ms)
    if (this.#until.size <= this.#maxKeys) return
    for (const oldest of this.#until.keys()) {
      this.#until.delete(oldest)
      return
    }
  }

  /** For how many milliseconds more `key` is refused; 0 when it is not. */
  remainingMs(key: string): number {
    // Most of the time there is none, and nobody pays for it.
    if (this.#until.size === 0) return 0
    const until = this.#until.get(key)
    if (until === undefined) return 0
    const ms = until - this.#now()
    if (ms > 0) return ms
    this.#until.delete(key)
    return 0
  }
}
