import type { ConnectionState, Endpoint } from './endpoint.ts'
import type { HealthStatus } from './health.ts'

/** A channel as JSON, for people and metrics. */
export interface ChannelState {
  name: string
  /** As it was configured. */
  target: string
  /** Calls that wait for a connection or a free stream. */
  waiting: number
  /** Why names cannot be resolved; null when they can, or there is none. */
  resolveError: string | null
  /** In the order of their addresses; those that left come last, while they have calls. */
  endpoints: EndpointState[]
}

export interface EndpointState {
  address: string
  connection: ConnectionState
  health: HealthStatus
  /** Calls that are under way. */
  inFlight: number
  /** Calls that were made, and those that failed in a way that says that it is ill, since it was found. */
  calls: number
  failures: number
  /** Failures since its last success. */
  consecutiveFailures: number
  /** Until when it is left alone, as RFC 3339; null: it is not. */
  ejectedUntil: string | null
  /** Why it is not connected; null when it is, or was not tried. */
  lastError: string | null
}

/** @param now on the clock of `performance.now()`. */
export function stateOf(endpoint: Endpoint, now: number): EndpointState {
  const { address, state, health, inFlight, calls, failures, outlier, lastError } = endpoint
  return {
    address: address.label,
    connection: state,
    health,
    inFlight,
    calls,
    failures,
    consecutiveFailures: outlier.consecutiveFailures,
    ejectedUntil: outlier.isEjected(now) ? new Date(Date.now() + outlier.returnsAt - now).toISOString() : null,
    lastError: lastError === null ? null : lastError.message
  }
}
