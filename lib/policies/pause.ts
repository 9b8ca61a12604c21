import type { ConnectError } from '@connectrpc/connect'
import type { Lifetime, LifetimeListener } from '../upstream/grpc/lifetime.ts'

/** Waits, unless the call ends before: then it is rejected with the reason. */
export function pause(ms: number, lifetime: Lifetime): Promise<void> {
  if (lifetime.reason !== null) return Promise.reject(lifetime.reason)
  if (ms === 0) return Promise.resolve()
  return new Promise((resolve, reject) => new Pause(ms, lifetime, resolve, reject))
}

class Pause implements LifetimeListener {
  readonly #timer: NodeJS.Timeout
  readonly #reject: (reason: ConnectError) => void

  constructor(ms: number, lifetime: Lifetime, resolve: () => void, reject: (reason: ConnectError) => void) {
    this.#reject = reject
    this.#timer = setTimeout(() => {
      lifetime.offEnd(this)
      resolve()
    }, ms).unref()
    lifetime.onEnd(this)
  }

  onLifetimeEnd(reason: ConnectError): void {
    clearTimeout(this.#timer)
    this.#reject(reason)
  }
}
