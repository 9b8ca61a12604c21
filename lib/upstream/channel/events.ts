import type { HealthStatus } from './health.ts'
import type { EjectionReason } from './outliers.ts'

/** What happens to a channel, for logs and metrics. An `address` is as in its state. */
export type ChannelEvent =
  | { type: 'connected'; address: string }
  /** A connection was lost, or could not be had; `error` is null when the server wants no more calls on it. */
  | { type: 'lost'; address: string; error: Error | null }
  | { type: 'health'; address: string; health: HealthStatus }
  | { type: 'ejected'; address: string; reason: EjectionReason; forMs: number }
  /** An ejection is over. Seen when the next call comes. */
  | { type: 'returned'; address: string }
  /** The addresses are others than before. */
  | { type: 'resolved'; addresses: string[] }
  /** A name has no address; those that it had stay. */
  | { type: 'unresolved'; error: unknown }
  /** After `unresolved`: all names have addresses again. */
  | { type: 'resolvable' }
