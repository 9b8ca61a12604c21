import { Code, ConnectError, createContextKey, createContextValues, type Transport } from '@connectrpc/connect'
import type { Context } from '@opentelemetry/api'

/** The request on whose behalf upstreams are called. */
export interface Caller {
  requestId: string
  /** Holds the span that the spans of the calls become children of. */
  trace: Context
  /** The verified token as `Bearer ...`, or null when the route asked for none. */
  authorization: string | null
  /** Aborted when the client goes away. */
  signal: AbortSignal
  /** When all calls must have ended, on the clock of `performance.now()`, in milliseconds. */
  deadline: number
}

/** Where interceptors find the caller; null for calls that the gateway makes for itself. */
export const callerKey = createContextKey<Caller | null>(null, { description: 'caller' })

/**
 * A transport on which every call is the caller's: cancelled when the client goes away, with no more time than is left,
 * known to the interceptors. A call may narrow its own time. With no time left, no call is made.
 */
export function onBehalfOf(caller: Caller, transport: Transport): Transport {
  return {
    async unary(method, signal, timeoutMs, header, message) {
      const time = remainingMs(caller, timeoutMs)
      return transport.unary(method, joined(caller, signal), time, header, message, valuesFor(caller))
    },
    async stream(method, signal, timeoutMs, header, messages) {
      const time = remainingMs(caller, timeoutMs)
      return transport.stream(method, joined(caller, signal), time, header, messages, valuesFor(caller))
    }
  }
}

function remainingMs({ deadline }: Caller, timeoutMs = Number.POSITIVE_INFINITY): number {
  // A timeout of 0 would mean none to connect, and grpc-timeout counts whole milliseconds.
  const remaining = Math.ceil(Math.min(deadline - performance.now(), timeoutMs))
  if (remaining <= 0) throw new ConnectError('the deadline passed before the call', Code.DeadlineExceeded)
  return remaining
}

function joined(caller: Caller, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? caller.signal : AbortSignal.any([caller.signal, signal])
}

function valuesFor(caller: Caller) {
  return createContextValues().set(callerKey, caller)
}
