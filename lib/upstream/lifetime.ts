import { Code, ConnectError } from '@connectrpc/connect'

/** The longest that a timer of Node runs; a longer one would fire at once. */
const maxTimerMs = 2 ** 31 - 1

/**
 * How long a call may go on: until its deadline passes, its caller goes away, or its reader stops. Made for every call, so
 * that it costs little: the signal for interceptors is there only when somebody asks for it.
 */
export class Lifetime {
  /** Called once, at once, when the call must end before its answer does. */
  onEnd: ((reason: ConnectError) => void) | null = null
  #reason: ConnectError | null = null
  #isOver = false
  #controller: AbortController | null = null
  #timer: NodeJS.Timeout | null = null
  readonly #caller: AbortSignal | undefined
  readonly #onAbort = () => this.end(ConnectError.from(this.#caller?.reason, Code.Canceled))

  /** @param timeoutMs the deadline; undefined: none. */
  constructor(caller: AbortSignal | undefined, timeoutMs: number | undefined) {
    this.#caller = caller
    if (caller?.aborted) this.#onAbort()
    else caller?.addEventListener('abort', this.#onAbort)
    if (timeoutMs !== undefined) this.endIn(timeoutMs)
  }

  /** Why the call had to end; null while it need not. */
  get reason(): ConnectError | null {
    return this.#reason
  }

  /** Aborted with the reason. */
  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController()
      if (this.#reason !== null) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  /** Sets the deadline, in milliseconds from now, in place of an earlier one. */
  endIn(timeoutMs: number): void {
    this.keepOn()
    if (this.#isOver) return
    const late = () => this.end(new ConnectError('the operation timed out', Code.DeadlineExceeded))
    this.#timer = setTimeout(late, Math.min(timeoutMs, maxTimerMs))
    this.#timer.unref()
  }

  /** Takes the deadline away. */
  keepOn(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }

  /** Ends the call now. Only the first reason counts. */
  end(reason: ConnectError): void {
    if (this.#isOver) return
    this.#reason = reason
    this.close()
    this.onEnd?.(reason)
    this.#controller?.abort(reason)
  }

  /** The call is over by itself: nothing ends it any more. */
  close(): void {
    this.#isOver = true
    this.keepOn()
    this.#caller?.removeEventListener('abort', this.#onAbort)
  }
}
