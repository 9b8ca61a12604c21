export interface KeepAliveOptions {
  /** After how long of hearing nothing on an open call the server is asked, in milliseconds. */
  intervalMs: number
  /** How long its answer may take, in milliseconds. */
  timeoutMs: number
  /** Whether there is a call that waits for something. */
  isWaiting(): boolean
  sendPing(): void
  /** The server did not answer. */
  onDead(): void
  /** A clock, in milliseconds. Default: that of the process. */
  now?(): number
}

/** How often the silence is measured in the time after which the first PING is due. */
const checksPerInterval = 4

/** How much longer each silence must be than the one before it. */
const growth = 10

/** PINGs that come this rarely are never too many for a server of gRPC, in milliseconds. */
const maxIntervalMs = 300_000

/**
 * Finds out that a connection is dead where TCP would take minutes: calls that hear nothing make it answer a PING. The
 * first comes soon, so that a call can be made elsewhere while it has time left. The longer it is silent, the rarer they are:
 * a server of gRPC that has nothing to say ends a connection for the third PING that comes within five minutes of another
 * (its "too_many_pings"); after 1, 10 and 100 seconds, two do.
 */
export class KeepAlive {
  readonly #options: KeepAliveOptions
  readonly #now: () => number
  readonly #timer: NodeJS.Timeout
  #late: NodeJS.Timeout | null = null
  #hasHeard = true
  #silentSince: number
  #waitMs: number

  constructor(options: KeepAliveOptions) {
    this.#options = options
    this.#now = options.now ?? (() => performance.now())
    this.#silentSince = this.#now()
    this.#waitMs = options.intervalMs
    this.#timer = setInterval(() => this.#check(), options.intervalMs / checksPerInterval)
    this.#timer.unref()
  }

  /** Something came. */
  onHeard(): void {
    this.#hasHeard = true
  }

  onPingAck(): void {
    if (this.#late === null) return
    clearTimeout(this.#late)
    this.#late = null
    // Its answer is no sign that the calls go on.
    this.#hasHeard = false
    this.#silentSince = this.#now()
    this.#waitMs = Math.min(this.#waitMs * growth, maxIntervalMs)
  }

  stop(): void {
    clearInterval(this.#timer)
    if (this.#late !== null) clearTimeout(this.#late)
  }

  #check(): void {
    if (this.#late !== null) return
    // An idle connection has heard nothing for long and is no worse for it.
    if (this.#hasHeard || !this.#options.isWaiting()) {
      this.#hasHeard = false
      this.#silentSince = this.#now()
      this.#waitMs = this.#options.intervalMs
    } else if (this.#now() - this.#silentSince >= this.#waitMs) {
      this.#late = setTimeout(() => this.#onLate(), this.#options.timeoutMs)
      this.#late.unref()
      this.#options.sendPing()
    }
  }

  /** An answer may stand behind much data on a slow line: a server that sends is not dead. */
  #onLate(): void {
    this.#late = null
    if (!this.#hasHeard) this.#options.onDead()
  }
}
