import { Code, ConnectError, createContextKey, createContextValues, type Transport } from '@connectrpc/connect'
import type { Context } from '@opentelemetry/api'
import type { WireCallOptions, WireTransport } from './wire-transport.ts'

/** The request on whose behalf upstreams are called. Times are on the clock of `performance.now()`, in milliseconds. */
export interface Caller {
  requestId: string
  /** Holds the span that the spans of the calls become children of. */
  trace: Context
  /** The verified token as `Bearer ...`, or null when the route asked for none. */
  authorization: string | null
  /** Aborted when the client goes away. */
  signal: AbortSignal
  /** When all unary calls must have ended. */
  deadline: number
  /** When all streams must have ended; null: they may go on for as long as there is something to say. */
  streamDeadline: number | null
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
      const time = remainingMs(caller.deadline, timeoutMs)
      return transport.unary(method, joined(caller, signal), time, header, message, valuesFor(caller))
    },
    async stream(method, signal, timeoutMs, header, messages) {
      const time = remainingMs(caller.streamDeadline, timeoutMs)
      return transport.stream(method, joined(caller, signal), time, header, messages, valuesFor(caller))
    }
  }
}

/** The same for calls in bytes. */
export function wireOnBehalfOf(caller: Caller, wire: WireTransport): WireTransport {
  function callersOwn(deadline: number | null, { signal, timeoutMs, header }: WireCallOptions): WireCallOptions {
    return {
      signal: joined(caller, signal),
      timeoutMs: remainingMs(deadline, timeoutMs),
      header,
      contextValues: valuesFor(caller)
    }
  }
  return {
    async unary(method, message, options = {}) {
      return wire.unary(method, message, callersOwn(caller.deadline, options))
    },
    async stream(method, messages, options = {}) {
      return wire.stream(method, messages, callersOwn(caller.streamDeadline, options))
    }
  }
}

/** What is left of both; undefined: neither has an end. */
function remainingMs(deadline: number | null, timeoutMs: number | undefined): number | undefined {
  if (deadline === null) return timeoutMs
  // grpc-timeout counts whole milliseconds.
  const remaining = Math.ceil(Math.min(deadline - performance.now(), timeoutMs ?? Number.POSITIVE_INFINITY))
  if (remaining <= 0) throw new ConnectError('the deadline passed before the call', Code.DeadlineExceeded)
  return remaining
}

function joined(caller: Caller, signal: AbortSignal | undefined): AbortSignal {
  return signal === undefined ? caller.signal : AbortSignal.any([caller.signal, signal])
}

function valuesFor(caller: Caller) {
  return createContextValues().set(callerKey, caller)
}
