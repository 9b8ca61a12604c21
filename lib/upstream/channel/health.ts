import { setTimeout as delay } from 'node:timers/promises'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { Code, ConnectError } from '@connectrpc/connect'
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as ServingStatus
} from '../../../gen/grpc/health/v1/health_pb.ts'
import type { Wire } from '../grpc/wire.ts'
import { Backoff, type BackoffOptions } from './backoff.ts'

/** What an endpoint says of itself; `unknown`: nothing yet, or nothing any more. */
export type HealthStatus = 'serving' | 'not serving' | 'unknown'

/** How endpoints are asked whether they serve. */
export interface HealthOptions {
  /**
   * `watch`: they tell whenever it changes; those that cannot are asked again and again, as with `check`. `off`: all serve.
   * Default `watch`.
   */
  mode?: 'watch' | 'check' | 'off'
  /** The service that is asked for. Default: empty, which is the server as a whole. */
  service?: string
  /** How often to ask, in milliseconds. Default 5000. */
  intervalMs?: number
  /** How long an answer may take, in milliseconds. Default 2000. */
  timeoutMs?: number
}

export const healthDefaults: Required<HealthOptions> = {
  mode: 'watch',
  service: '',
  intervalMs: 5_000,
  timeoutMs: 2_000
}

/** The most that a message about health may hold, in bytes. */
export const maxHealthBytes = 1_024

export interface HealthMonitorOptions extends Required<HealthOptions> {
  /** Makes calls on the connection of the endpoint. */
  wire: Wire
  /** Whether it can take one more. */
  hasRoom(): boolean
  /** Whether a call could have a stream beside a Watch. */
  hasRoomBesideWatch(): boolean
  /** How long after a Watch that broke another is begun. */
  backoff: BackoffOptions
  /** Is told what the endpoint says, the same thing too. */
  onStatus(status: HealthStatus): void
}

/**
 * Follows the health of an endpoint while it is connected.
 *
 *     watching -- the stream breaks --> watching again, after a back-off
 *     watching -- UNIMPLEMENTED, or it is in the way of calls --> checking
 *     checking -- UNIMPLEMENTED --> it serves, and is not asked any more
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export class HealthMonitor {
  readonly #options: HealthMonitorOptions
  readonly #question: Uint8Array
  readonly #stopped = new AbortController()
  #canWatch: boolean
  /** Ends the Watch that is open; null: none is. */
  #watching: AbortController | null = null

  /** Begins to ask, unless health is `off`. */
  constructor(options: HealthMonitorOptions) {
    this.#options = options
    this.#question = questionAbout(options.service)
    this.#canWatch = options.mode === 'watch'
    if (options.mode !== 'off') this.#follow()
  }

  /** A Watch is a stream: while it is open, it may hold the only one that the endpoint takes. That is the calls'. */
  giveWay(): void {
    if (this.#watching === null) return
    this.#canWatch = false
    this.#watching.abort()
  }

  /** The connection is over: nothing is told any more. */
  stop(): void {
    this.#stopped.abort()
    this.#watching?.abort()
  }

  async #follow(): Promise<void> {
    const { intervalMs, backoff, hasRoomBesideWatch } = this.#options
    const waits = new Backoff(backoff)
    while (!this.#stopped.signal.aborted) {
      if (this.#canWatch && hasRoomBesideWatch()) {
        if (await this.#watch()) waits.reset()
        if (this.#canWatch) await this.#pause(waits.next())
      } else {
        if (!(await this.#check())) return
        await this.#pause(intervalMs)
      }
    }
  }

  /** @returns whether the endpoint said something. */
  async #watch(): Promise<boolean> {
    const { wire, hasRoom, timeoutMs } = this.#options
    if (!hasRoom()) return false
    const watching = new AbortController()
    const late = setTimeout(() => watching.abort(), timeoutMs).unref()
    this.#watching = watching
    let wasHeard = false
    try {
      const { messages } = await wire.stream(Health.method.watch, this.#question, { signal: watching.signal })
      for await (const message of messages) {
        clearTimeout(late)
        wasHeard = true
        this.#tell(statusIn(message))
      }
    } catch (error) {
      if (isUnimplemented(error)) this.#canWatch = false
    } finally {
      clearTimeout(late)
      this.#watching = null
    }
    // What it said before may hold no more, unless the next stream says so.
    if (!wasHeard && this.#canWatch) this.#tell('unknown')
    return wasHeard
  }

  /** @returns whether it is of use to ask again. */
  async #check(): Promise<boolean> {
    const { wire, hasRoom, timeoutMs } = this.#options
    // Its calls show well enough how it is.
    if (!hasRoom()) return true
    try {
      const { message } = await wire.unary(Health.method.check, this.#question, { timeoutMs })
      this.#tell(statusIn(message))
    } catch (error) {
      const code = ConnectError.from(error).code
      if (code === Code.Unimplemented) {
        this.#tell('serving')
        return false
      }
      // It does not know the service that is asked for.
      this.#tell(code === Code.NotFound ? 'not serving' : 'unknown')
    }
    return true
  }

  #tell(status: HealthStatus): void {
    if (!this.#stopped.signal.aborted) this.#options.onStatus(status)
  }

  async #pause(waitMs: number): Promise<void> {
    try {
      await delay(waitMs, undefined, { signal: this.#stopped.signal, ref: false })
    } catch {
      // Stopped: the loop ends by itself.
    }
  }
}

/**
 * Asks once. A server that has no health service serves.
 *
 * @throws {ConnectError} when it does not answer.
 */
export async function isServing(wire: Wire, service: string, timeoutMs: number): Promise<boolean> {
  try {
    const { message } = await wire.unary(Health.method.check, questionAbout(service), { timeoutMs })
    return statusIn(message) === 'serving'
  } catch (error) {
    if (isUnimplemented(error)) return true
    throw error
  }
}

function questionAbout(service: string): Uint8Array {
  return toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service }))
}

/** @throws when it is no message of that kind. */
function statusIn(message: Uint8Array): HealthStatus {
  const { status } = fromBinary(HealthCheckResponseSchema, message)
  return status === ServingStatus.SERVING ? 'serving' : 'not serving'
}

function isUnimplemented(error: unknown): boolean {
  return error instanceof ConnectError && error.code === Code.Unimplemented
}
