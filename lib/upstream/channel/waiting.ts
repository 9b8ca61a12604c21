import { Code, type ConnectError } from '@connectrpc/connect'
import type { Answer, Call } from '../grpc/call.ts'
import type { LifetimeListener } from '../grpc/lifetime.ts'

/** What takes a call that has waited. */
export interface Place {
  start(call: Call): Promise<Answer>
}

export interface WaitingCallsOptions {
  /** How many calls may wait. */
  maxWaiting: number
  /** How long one may wait, in milliseconds; Infinity: as long as it lives. */
  maxWaitMs: number
  /** What a call fails with that has waited in vain. It was never sent. */
  errorOf(problem: string): ConnectError
}

/** Calls that wait for a connection, or for a free stream on one; the first that came is the first that goes. */
export class WaitingCalls {
  readonly #options: WaitingCallsOptions
  /** In the order in which they came. */
  readonly #waiters = new Set<Waiter>()
  /** Of the first. All wait equally long, so that none of the others is due before. */
  #timer: NodeJS.Timeout | null = null

  constructor(options: WaitingCallsOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#waiters.size
  }

  /** @throws {ConnectError} when the call ends, or has waited too long, or too many others wait. */
  wait(call: Call): Promise<Answer> {
    const { maxWaiting, maxWaitMs, errorOf } = this.#options
    const { reason } = call.lifetime
    if (reason !== null) return Promise.reject(reason)
    if (this.#waiters.size >= maxWaiting) return Promise.reject(errorOf(`${maxWaiting} calls wait already`))
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(this, call, performance.now() + maxWaitMs, resolve, reject)
      this.#waiters.add(waiter)
      call.lifetime.onEnd(waiter)
      if (this.#timer === null) this.#arm(maxWaitMs)
    })
  }

  /** Starts calls, in their order, while `pick` has a place for the first. */
  startAll(pick: (call: Call) => Place | null): void {
    for (const waiter of this.#waiters) {
      const place = pick(waiter.call)
      if (place === null) return
      // Before it starts: that may make room at once, and come back here.
      this.#remove(waiter)
      waiter.resolve(place.start(waiter.call))
    }
  }

  /** There is nothing to wait for. */
  failAll(problem: string): void {
    for (const waiter of this.#waiters) this.#fail(waiter, problem)
  }

  /** The lifetime of a call that waits is over. */
  end(waiter: Waiter, reason: ConnectError): void {
    // That its time was not enough to get a connection is not the upstream's being slow.
    if (reason.code === Code.DeadlineExceeded) this.#fail(waiter, 'the deadline passed before there was one')
    else {
      this.#remove(waiter)
      waiter.reject(reason)
    }
  }

  #fail(waiter: Waiter, problem: string): void {
    this.#remove(waiter)
    waiter.reject(this.#options.errorOf(problem))
  }

  #remove(waiter: Waiter): void {
    this.#waiters.delete(waiter)
    waiter.call.lifetime.offEnd(waiter)
    if (this.#waiters.size > 0 || this.#timer === null) return
    clearTimeout(this.#timer)
    this.#timer = null
  }

  #arm(waitMs: number): void {
    if (waitMs !== Number.POSITIVE_INFINITY) this.#timer = setTimeout(() => this.#expire(), waitMs).unref()
  }

  #expire(): void {
    this.#timer = null
    const now = performance.now()
    for (const waiter of this.#waiters) {
      if (waiter.endsAt > now) {
        this.#arm(waiter.endsAt - now)
        return
      }
      this.#fail(waiter, `none in ${this.#options.maxWaitMs} ms`)
    }
  }
}

class Waiter implements LifetimeListener {
  readonly call: Call
  /** On the clock of `performance.now()`. */
  readonly endsAt: number
  readonly resolve: (answer: Promise<Answer>) => void
  readonly reject: (error: ConnectError) => void
  readonly #queue: WaitingCalls

  constructor(
    queue: WaitingCalls,
    call: Call,
    endsAt: number,
    resolve: (answer: Promise<Answer>) => void,
    reject: (error: ConnectError) => void
  ) {
    this.#queue = queue
    this.call = call
    this.endsAt = endsAt
    this.resolve = resolve
    this.reject = reject
  }

  onLifetimeEnd(reason: ConnectError): void {
    this.#queue.end(this, reason)
  }
}
