import type { Context } from '@opentelemetry/api'
import type { Lifetime } from './grpc/lifetime.ts'

/** The request on whose behalf upstreams are called. Times are on the clock of `performance.now()`, in milliseconds. */
export interface Caller {
  requestId: string
  /** Holds the span that the spans of the calls become children of. */
  trace: Context
  /** The verified token as `Bearer ...`, or null when the route asked for none. */
  authorization: string | null
  /** Ends when the client goes away; of its own calls there is no end in it. */
  lifetime: Lifetime
  /** When all unary calls must have ended. */
  deadline: number
  /** When all streams must have ended; null: they may go on for as long as there is something to say. */
  streamDeadline: number | null
}
