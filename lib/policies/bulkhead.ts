import { Code, type ConnectError } from '@connectrpc/connect'
import { RequestError } from '../../errors.ts'
import type { Policy } from '../upstream/grpc/call.ts'
import type { Lifetime, LifetimeListener } from '../upstream/grpc/lifetime.ts'

export interface BulkheadOptions {
  /** How many may be under way at once; a stream is until it ends. Default 1,000. */
  maxInFlight?: number
  /** How many more may wait for one of them to end. Default 1,000. */
  maxWaiting?: number
}

/** How long a client should stay away whose call found no place, in seconds. */
const retryAfterSeconds = 1

/** Keeps one slow upstream from taking all that the gateway has: bounds the calls to it, and those that wait. */
export class Bulkhead {
  readonly #maxInFlight: number
  readonly #maxWaiting: number
  readonly #queue = new Set<Waiter>()
  #inFlight = 0

  constructor({ maxInFlight = 1_000, maxWaiting = 1_000 }: BulkheadOptions = {}) {
    this.#maxInFlight = maxInFlight
    this.#maxWaiting = maxWaiting
  }

  /** Calls that are under way. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Calls that wait. */
  get waiting(): number {
    return this.#queue.size
  }

  /**
   * Takes a place; null: there was one. Else settles when there is, for those that wait in their order.
   *
   * @throws {RequestError} SLUICE_ERR_UPSTREAM_BUSY when too many wait, or when the call has waited until its deadline.
   * @throws {ConnectError} the reason of the call when it ends otherwise.
   */
  enter(lifetime: Lifetime): Promise<void> | null {
    if (this.#inFlight < this.#maxInFlight) {
      this.#inFlight += 1
      return null
    }
    if (this.#queue.size >= this.#maxWaiting) {
      return Promise.reject(busy())
    }
    return new Promise((resolve, reject) => {
      const waiter = new Waiter(this.#queue, lifetime, resolve, reject)
      this.#queue.add(waiter)
      lifetime.onEnd(waiter)
    })
  }

  /** Gives the place to the call that has waited longest. */
  leave(): void {
    for (const waiter of this.#queue) {
      waiter.admit()
      return
    }
    this.#inFlight -= 1
  }
}

function busy(cause?: ConnectError): RequestError {
  return new RequestError('SLUICE_ERR_UPSTREAM_BUSY', { retryAfterSeconds, cause })
}

class Waiter implements LifetimeListener {
  readonly #queue: Set<Waiter>
  readonly #lifetime: Lifetime
  readonly #resolve: () => void
  readonly #reject: (error: Error) => void

  constructor(queue: Set<Waiter>, lifetime: Lifetime, resolve: () => void, reject: (error: Error) => void) {
    this.#queue = queue
    this.#lifetime = lifetime
    this.#resolve = resolve
    this.#reject = reject
  }

  admit(): void {
    this.#queue.delete(this)
    this.#lifetime.offEnd(this)
    this.#resolve()
  }

  onLifetimeEnd(reason: ConnectError): void {
    this.#queue.delete(this)
    // It was not made: that its time passed says nothing of how long the upstream takes.
    this.#reject(reason.code === Code.DeadlineExceeded ? busy(reason) : reason)
  }
}

export interface BulkheadsOptions {
  /** Bounds calls that are answered with one message to one. */
  calls: Bulkhead
  /**
   * Bounds streams. They have a bound of their own since one that goes on for long is not a sign of trouble: those that
   * watch something must not take the places of those that ask.
   */
  streams: Bulkhead
}

/** Calls within the bounds. What is refused is not made. */
export function withBulkhead({ calls, streams }: BulkheadsOptions): Policy {
  const leaveCalls = () => calls.leave()
  const leaveStreams = () => streams.leave()
  return next => async call => {
    const isStream = call.rpc.requestStreams || call.rpc.answerStreams
    const leave = isStream ? leaveStreams : leaveCalls
    const entry = (isStream ? streams : calls).enter(call.lifetime)
    if (entry !== null) await entry
    try {
      const answer = await next(call)
      if (answer.stream) answer.onOver(leave)
      else leave()
      return answer
    } catch (error) {
      leave()
      throw error
    }
  }
}
