import type { Caller } from '../caller.ts'
import type { Wire } from './wire.ts'

/** The same upstream, on which every call is the caller's: cancelled when the client goes away, and known to the policies. */
export function onBehalfOf(caller: Caller, wire: Wire): Wire {
  return {
    unary: (method, message, options) => wire.unary(method, message, { ...options, caller }),
    stream: (method, content, options) => wire.stream(method, content, { ...options, caller })
  }
}
