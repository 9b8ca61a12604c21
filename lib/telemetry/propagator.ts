import { CompositePropagator, W3CBaggagePropagator } from '@opentelemetry/core'
import { traceContext } from './trace-context.ts'

/**
 * Carries trace context and baggage over HTTP by the W3C's headers. Not the global one: that is there only while
 * telemetry is exported, and a trace goes through the gateway in any case.
 */
export const propagator = new CompositePropagator({
  propagators: [traceContext, new W3CBaggagePropagator()]
})
