import { Code, ConnectError } from '@connectrpc/connect'

/** The longest that a timer of Node runs; a longer one would fire at once. */
const maxTimerMs = 2 ** 31 - 1

/** What has to know at once that a call must end. An object, so that a call needs no closure for it. */
export interface LifetimeListener {
  /** The call must end before its answer does. Called once. */
  onLifetimeEnd(reason: ConnectError): void
}

/**
 * How long a call may go on: until its deadline passes, its caller goes away, or its reader stops. Made for every call, so
 * that it costs little: a signal is there only when somebody asks for it.
 */
export class Lifetime implements LifetimeListener {
  #reason: ConnectError | null = null
  #isOver = false
  /** On the clock of `performance.now()`. */
  #deadline = Number.POSITIVE_INFINITY
  #timer: NodeJS.Timeout | null = null
  /** Most calls have one listener, so that one needs no list. */
  #listener: LifetimeListener | null = null
  #others: LifetimeListener[] | null = null
  #controller: AbortController | null = null
  readonly #parent: Lifetime | null
  readonly #signal: AbortSignal | null

  /**
   * Ends with its parent, for its reason, and with the signal, whose reason is that of the end when it is a ConnectError, and
   * its cause otherwise. Whoever has a choice gives a parent: a signal costs much more.
   */
  constructor(parent: Lifetime | null = null, signal: AbortSignal | null = null) {
    this.#parent = parent
    this.#signal = signal
    parent?.onEnd(this)
    if (signal !== null) this.#watch(signal)
  }

  /** Why the call had to end; null while it need not. */
  get reason(): ConnectError | null {
    return this.#reason
  }

  /** When the call ends at the latest, on the clock of `performance.now()`, in milliseconds; Infinity: it has no deadline. */
  get deadline(): number {
    return this.#deadline
  }

  /** What is left until the deadline, in milliseconds, at least 0; Infinity: it has none. */
  remainingMs(): number {
    return this.#deadline === Number.POSITIVE_INFINITY
      ? this.#deadline
      : Math.max(0, this.#deadline - performance.now())
  }

  /** Aborted with the reason. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#reason !== null) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Sets a deadline, on the clock of `performance.now()`; the earliest counts. One that has passed ends the call at once. */
  endAt(deadline: number): void {
    if (this.#isOver || deadline >= this.#deadline) return
    this.#deadline = deadline
    if (this.#timer !== null) clearTimeout(this.#timer)
    const remaining = deadline - performance.now()
    if (remaining <= 0) this.end(new ConnectError('the deadline passed before the call', Code.DeadlineExceeded))
    else this.#timer = setTimeout(endLate, Math.min(remaining, maxTimerMs), this).unref()
  }

  /** Tells `listener` when the call must end; at once when that is so already. Not when it is over by itself. */
  onEnd(listener: LifetimeListener): void {
    if (this.#reason !== null) listener.onLifetimeEnd(this.#reason)
    else if (this.#listener === null) this.#listener = listener
    else if (this.#others === null) this.#others = [listener]
    else this.#others.push(listener)
  }

  /** Tells it no more. */
  offEnd(listener: LifetimeListener): void {
    if (this.#listener === listener) this.#listener = null
    else if (this.#others !== null) this.#others = this.#others.filter(other => other !== listener)
  }

  /** Ends the call now. Only the first reason counts. */
  end(reason: ConnectError): void {
    if (this.#isOver) return
    this.#reason = reason
    const [first, others] = [this.#listener, this.#others]
    this.close()
    first?.onLifetimeEnd(reason)
    if (others !== null) for (const listener of others) listener.onLifetimeEnd(reason)
    this.#controller?.abort(reason)
  }

  /** The call is over by itself: nothing ends it any more. */
  close(): void {
    if (this.#isOver) return
    this.#isOver = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#listener = null
    this.#others = null
    this.#signal?.removeEventListener('abort', this)
    this.#parent?.offEnd(this)
  }

  /** A part of this lifetime: ends with it, and can be ended, or closed, alone. For one of several attempts. */
  fork(): Lifetime {
    const part = new Lifetime(this)
    part.#deadline = this.#deadline
    return part
  }

  /** Its parent ended. */
  onLifetimeEnd(reason: ConnectError): void {
    this.end(reason)
  }

  /** A signal of the caller was aborted. */
  handleEvent({ target }: Event): void {
    this.end(ConnectError.from((target as AbortSignal).reason, Code.Canceled))
  }

  #watch(signal: AbortSignal): void {
    if (this.#isOver) return
    if (signal.aborted) this.end(ConnectError.from(signal.reason, Code.Canceled))
    else signal.addEventListener('abort', this)
  }
}

function endLate(lifetime: Lifetime): void {
  lifetime.end(timedOut())
}

/** What a call fails with that was not over in time. */
export function timedOut(): ConnectError {
  return new ConnectError('the operation timed out', Code.DeadlineExceeded)
}
