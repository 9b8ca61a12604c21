import type { CallLimits } from './grpc/attempt.ts'
import type { Answer, Call } from './grpc/call.ts'
import type { LifetimeListener } from './grpc/lifetime.ts'
import { startCall } from './grpc/start-call.ts'
import { unavailable } from './grpc/stream-status.ts'
import { type ConnectionOptions, Http2Connection } from './http2/connection.ts'

export interface ConnectorOptions {
  connection: ConnectionOptions
  limits: CallLimits
  /** How many calls may wait for a connection, or for a stream on it. Default 1,000. */
  maxWaiting?: number
}

/** A call that waits, until it can be made or need not be any more. */
class WaitingCall implements LifetimeListener {
  readonly call: Call
  readonly resolve: (answer: Promise<Answer>) => void
  readonly reject: (error: unknown) => void
  readonly #forget: (waiting: WaitingCall) => void

  constructor(
    call: Call,
    resolve: (answer: Promise<Answer>) => void,
    reject: (error: unknown) => void,
    forget: (waiting: WaitingCall) => void
  ) {
    this.call = call
    this.resolve = resolve
    this.reject = reject
    this.#forget = forget
    call.lifetime.onEnd(this)
  }

  onLifetimeEnd(reason: unknown): void {
    this.#forget(this)
    this.reject(reason)
  }
}

const ignoreEnd = () => {}

/**
 * Keeps one connection to an upstream: opened by the first call, and again by the next one after it was lost or is drained.
 * Calls wait for it, in their order, until it is there or cannot be had.
 */
export class Connector {
  readonly #options: ConnectorOptions
  readonly #maxWaiting: number
  #current: Http2Connection | null = null
  /** Those whose streams are ending. */
  readonly #open = new Set<Http2Connection>()
  readonly #waiting = new Set<WaitingCall>()

  constructor(options: ConnectorOptions) {
    this.#options = options
    this.#maxWaiting = options.maxWaiting ?? 1_000
  }

  /** Makes a call, as soon as there is room for it. */
  send(call: Call): Promise<Answer> {
    const connection = this.#current ?? this.#connect()
    if (this.#waiting.size === 0 && connection.hasRoom) {
      return startCall(connection, call, this.#options.limits, ignoreEnd)
    }
    if (call.lifetime.reason !== null) return Promise.reject(call.lifetime.reason)
    if (this.#waiting.size >= this.#maxWaiting) {
      return Promise.reject(unavailable('too many calls wait for the upstream'))
    }
    return new Promise((resolve, reject) => {
      this.#waiting.add(new WaitingCall(call, resolve, reject, waiting => this.#waiting.delete(waiting)))
    })
  }

  /** Closes the connection; calls that are open end. */
  close(): void {
    for (const connection of this.#open) connection.destroy()
    this.#refuseWaiting(unavailable('the channel was closed'))
  }

  #connect(): Http2Connection {
    const connection = new Http2Connection(this.#options.connection, {
      onReady: () => this.#proceed(connection),
      onRoom: () => this.#proceed(connection),
      onDraining: () => this.#leave(connection),
      onClosed: error => {
        this.#open.delete(connection)
        const wasCurrent = this.#current === connection
        if (wasCurrent) this.#current = null
        if (wasCurrent) this.#refuseWaiting(unavailable('no connection, or it was lost', error ?? undefined))
      }
    })
    this.#open.add(connection)
    this.#current = connection
    return connection
  }

  /** It takes no more calls: what waits, waits for another. */
  #leave(connection: Http2Connection): void {
    if (this.#current !== connection) return
    this.#current = null
    if (this.#waiting.size > 0) this.#connect()
  }

  #proceed(connection: Http2Connection): void {
    for (const waiting of this.#waiting) {
      if (this.#current !== connection || !connection.hasRoom) return
      this.#waiting.delete(waiting)
      waiting.call.lifetime.offEnd(waiting)
      waiting.resolve(startCall(connection, waiting.call, this.#options.limits, ignoreEnd))
    }
  }

  #refuseWaiting(error: Error): void {
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting)
      waiting.call.lifetime.offEnd(waiting)
      waiting.reject(error)
    }
  }
}
